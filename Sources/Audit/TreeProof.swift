/// Proofs about a tree (RFC 6962, sections 2.1.1 and 2.1.2): which parts of it they are made of, and how they are checked.
package enum TreeProof {
    /// The ranges of leaves whose roots prove that leaf `index` stands in a tree of `size` leaves, lowest first.
    package static func inclusion(of index: Int, in size: Int) -> [Range<Int>] {
        guard (0..<max(0, size)).contains(index) else { return [] }
        var (low, high) = (0, size)
        var path: [Range<Int>] = []
        while high - low > 1 {
            let middle = low + split(high - low)
            if index < middle {
                path.append(middle..<high)
                high = middle
            } else {
                path.append(low..<middle)
                low = middle
            }
        }
        return path.reversed()
    }

    /// The ranges of leaves whose roots prove that a tree of `size` leaves begins with the tree of its first `first` leaves.
    package static func consistency(from first: Int, to size: Int) -> [Range<Int>] {
        guard first > 0, first < size else { return [] }
        var (low, high, isWhole) = (0, size, true)
        var path: [Range<Int>] = []
        while first != high {
            let middle = low + split(high - low)
            if first <= middle {
                path.append(middle..<high)
                high = middle
            } else {
                path.append(low..<middle)
                low = middle
                isWhole = false
            }
        }
        if !isWhole { path.append(low..<high) }
        return path.reversed()
    }

    /// Whether `path` leads from the leaf to the root (RFC 9162, section 2.1.3.2).
    package static func includes(
        _ leaf: TreeHash, at index: Int, size: Int, path: [TreeHash], root: TreeHash
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var (node, last, hash) = (index, size - 1, leaf)
        for step in path {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = TreeHash(step, hash)
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                hash = TreeHash(hash, step)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether the tree of `size` leaves goes on from the tree of `first` leaves (RFC 9162, section 2.1.4.2).
    package static func isConsistent(
        _ first: Int, _ firstRoot: TreeHash, with size: Int, _ root: TreeHash, path: [TreeHash]
    ) -> Bool {
        guard first >= 0, first <= size else { return false }
        if first == size { return path.isEmpty && firstRoot == root }
        // Every tree goes on from the empty one.
        if first == 0 { return path.isEmpty && firstRoot == .empty }
        // The root of a full tree is left out of the proof.
        let steps = first.nonzeroBitCount == 1 ? [firstRoot] + path : path
        guard let start = steps.first else { return false }
        var (node, last) = (first - 1, size - 1)
        while node & 1 == 1 { (node, last) = (node >> 1, last >> 1) }
        var (old, new) = (start, start)
        for step in steps.dropFirst() {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                (old, new) = (TreeHash(step, old), TreeHash(step, new))
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                new = TreeHash(new, step)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && old == firstRoot && new == root
    }

    /// The largest power of two below `count`, which is 2 or more.
    private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }
}

/// Takes a tree's leaves in order and keeps the few hashes that proofs will need.
package struct ProofCollector: Sendable {
    package private(set) var tree = TreeFrontier()
    private var wanted: Set<TreeNode> = []
    private var kept: [TreeNode: TreeHash] = [:]

    package init(for ranges: some Sequence<Range<Int>>) {
        for range in ranges { wanted.formUnion(Self.nodes(of: range)) }
    }

    package mutating func add(_ leaf: TreeHash) {
        let wanted = wanted
        var found: [(TreeNode, TreeHash)] = []
        tree.add(leaf) { node, hash in if wanted.contains(node) { found.append((node, hash)) } }
        for (node, hash) in found { kept[node] = hash }
    }

    /// The root over a range that was asked for; nil where not all of its leaves came.
    package func root(of range: Range<Int>) -> TreeHash? {
        var hashes: [TreeHash] = []
        for node in Self.nodes(of: range) {
            guard let hash = kept[node] else { return nil }
            hashes.append(hash)
        }
        guard let last = hashes.popLast() else { return nil }
        return hashes.reversed().reduce(last) { TreeHash($1, $0) }
    }

    /// The full subtrees of a range that stands in some proof: its start is a multiple of a power of two as large as it is.
    private static func nodes(of range: Range<Int>) -> [TreeNode] {
        var (low, nodes) = (range.lowerBound, [TreeNode]())
        while low < range.upperBound {
            let level = Int.bitWidth - 1 - (range.upperBound - low).leadingZeroBitCount
            nodes.append(TreeNode(level: level, index: low >> level))
            low += 1 << level
        }
        return nodes
    }
}
