import Domain
import Painting
import Testing
