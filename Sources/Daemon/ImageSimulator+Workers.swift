package import Simulator
package import Workers

extension ImageSimulator {
    /// A simulator whose pictures are drawn by image workers, so that no reference is decoded in this process.
    package static func painting(with workers: WorkerPool, options: Options = Options()) -> ImageSimulator {
        ImageSimulator(options: options) { seed, size, references, mask in
            try await workers.paint(PaintOrder(seed: seed, size: size), references: references, mask: mask)
        }
    }
}
