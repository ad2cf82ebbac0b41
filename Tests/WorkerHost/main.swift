import Glibc
import Workers

exit(serveAsWorker())
