/// All that is needed of a tree to let it grow: the roots of its full subtrees, largest first, one a bit of its size.
package struct TreeFrontier: Sendable, Hashable {
    package private(set) var size: Int
    package private(set) var roots: [TreeHash]

    package init() {
        size = 0
        roots = []
    }

    /// Nil where the number of roots does not fit the size.
    package init?(size: Int, roots: [TreeHash]) {
        guard size >= 0, roots.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.roots = roots
    }

    /// Adds one leaf. `made` is told of every full subtree that it completes, the leaf itself first.
    package mutating func add(_ leaf: TreeHash, made: (TreeNode, TreeHash) -> Void = { _, _ in }) {
        var (hash, level, index) = (leaf, 0, size)
        made(TreeNode(level: level, index: index), hash)
        // Each trailing one of the size is a full subtree that this one completes.
        while index & 1 == 1, let left = roots.popLast() {
            hash = TreeHash(left, hash)
            level += 1
            index >>= 1
            made(TreeNode(level: level, index: index), hash)
        }
        roots.append(hash)
        size += 1
    }

    package var root: TreeHash {
        guard let last = roots.last else { return .empty }
        return roots.dropLast().reversed().reduce(last) { TreeHash($1, $0) }
    }
}

/// A full subtree: the leaves `index * 2^level ..< (index + 1) * 2^level`.
package struct TreeNode: Sendable, Hashable {
    package let level: Int
    package let index: Int

    package init(level: Int, index: Int) {
        self.level = level
        self.index = index
    }
}
