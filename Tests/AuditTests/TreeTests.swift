import Audit
import Digests
import Testing

/// The tree, held against the vectors that implementations of RFC 6962 share, and against its definition.
@Suite struct TreeTests {
    /// The eight entries of the reference tree.
    static let entries = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].compactMap { bytes(hexadecimal: $0) }

    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    static let leaves = entries.map { TreeHash(leaf: $0) }

    /// As RFC 6962 defines it.
    static func root(_ leaves: ArraySlice<TreeHash>) -> TreeHash {
        guard leaves.count > 1 else { return leaves.first ?? .empty }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return TreeHash(root(leaves.prefix(split)), root(leaves.dropFirst(split)))
    }

    static func tree(_ leaves: some Sequence<TreeHash>) -> TreeFrontier {
        var tree = TreeFrontier()
        for leaf in leaves { tree.add(leaf) }
        return tree
    }

    static func hashes(_ ranges: [Range<Int>], of leaves: some Sequence<TreeHash>) -> [TreeHash] {
        var collector = ProofCollector(for: ranges)
        for leaf in leaves { collector.add(leaf) }
        return ranges.compactMap { collector.root(of: $0) }
    }

    @Test(arguments: 0...8) func `the tree of the reference entries has the published root`(size: Int) {
        let tree = Self.tree(Self.leaves.prefix(size))
        #expect(tree.root.description == Self.roots[size])
        #expect(tree.size == size && tree.roots.count == size.nonzeroBitCount)
    }

    @Test(
        arguments: [
            (0, 1, []),
            (
                0, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                5, 8,
                [
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
        ] as [(Int, Int, [String])])
    func `an entry is proved by the published hashes`(index: Int, size: Int, path: [String]) {
        let made = Self.hashes(TreeProof.inclusion(of: index, in: size), of: Self.leaves.prefix(size))
        #expect(made.map(\.description) == path)
    }

    @Test(
        arguments: [
            (1, 1, []),
            (
                6, 8,
                [
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (
                2, 5,
                [
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
            (
                6, 7,
                [
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
        ] as [(Int, Int, [String])])
    func `that a tree goes on from a smaller one is proved by the published hashes`(
        first: Int, size: Int, path: [String]
    ) {
        let made = Self.hashes(TreeProof.consistency(from: first, to: size), of: Self.leaves.prefix(size))
        #expect(made.map(\.description) == path)
    }

    @Test func `proofs of the seven leaves in RFC 9162 are made of the nodes that it names`() {
        // 2.1.5: a to f are the leaves but the last, g to k what stands above them.
        #expect(TreeProof.inclusion(of: 0, in: 7) == [1..<2, 2..<4, 4..<7])
        #expect(TreeProof.inclusion(of: 3, in: 7) == [2..<3, 0..<2, 4..<7])
        #expect(TreeProof.inclusion(of: 4, in: 7) == [5..<6, 6..<7, 0..<4])
        #expect(TreeProof.inclusion(of: 6, in: 7) == [4..<6, 0..<4])
        #expect(TreeProof.consistency(from: 3, to: 7) == [2..<3, 3..<4, 0..<2, 4..<7])
        #expect(TreeProof.consistency(from: 4, to: 7) == [4..<7])
        #expect(TreeProof.consistency(from: 6, to: 7) == [4..<6, 6..<7, 0..<4])
    }

    @Test(arguments: 1...40) func `every proof about a tree verifies, and none about another`(size: Int) {
        let leaves = (0..<size).map { TreeHash(leaf: [UInt8($0)]) }
        let root = Self.root(leaves[...])
        #expect(Self.tree(leaves).root == root)
        for index in 0..<size {
            let path = Self.hashes(TreeProof.inclusion(of: index, in: size), of: leaves)
            #expect(TreeProof.includes(leaves[index], at: index, size: size, path: path, root: root))
            #expect(
                !TreeProof.includes(leaves[index], at: (index + 1) % (size + 1), size: size, path: path, root: root))
            #expect(!TreeProof.includes(.empty, at: index, size: size, path: path, root: root))
            #expect(!TreeProof.includes(leaves[index], at: index, size: size, path: path + [root], root: root))
            #expect(
                path.isEmpty
                    || !TreeProof.includes(
                        leaves[index], at: index, size: size, path: Array(path.dropLast()), root: root)
            )
        }
        for first in 0...size {
            let old = Self.root(leaves.prefix(first))
            let path = Self.hashes(TreeProof.consistency(from: first, to: size), of: leaves)
            #expect(TreeProof.isConsistent(first, old, with: size, root, path: path))
            #expect(!TreeProof.isConsistent(first, TreeHash(leaf: [9, 9]), with: size, root, path: path))
            // Every tree goes on from the empty one.
            #expect(first == 0 || !TreeProof.isConsistent(first, old, with: size, TreeHash(leaf: [9, 9]), path: path))
            #expect(!TreeProof.isConsistent(first, old, with: size, root, path: path + [root]))
        }
    }

    @Test func `a tree goes on from its frontier`() throws {
        var grown = try #require(TreeFrontier(size: 5, roots: Self.tree(Self.leaves.prefix(5)).roots))
        for leaf in Self.leaves[5...] { grown.add(leaf) }
        #expect(grown.root.description == Self.roots[8])
        #expect(TreeFrontier(size: 5, roots: []) == nil)
    }
}
