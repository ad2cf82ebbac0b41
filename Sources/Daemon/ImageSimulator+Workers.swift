import Domain
import Imaging
package import Simulator
package import Workers

extension ImageSimulator {
    /// A simulator whose pictures are drawn by image workers, so that no reference is decoded in this process.
    package static func painting(with workers: WorkerPool, options: Options = Options()) -> ImageSimulator {
        ImageSimulator(options: options) { order in
            let painted = try await workers.paint(
                PaintOrder(seed: order.seed, size: order.size), references: order.references, mask: order.mask)
            guard order.format != .png else { return painted }
            let written = RenderOrder(size: .native, fit: .inside, format: order.format, quality: order.quality)
            return try await workers.render(painted, as: written).bytes
        }
    }
}
