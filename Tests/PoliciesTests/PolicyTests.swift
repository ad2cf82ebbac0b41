import Documents
import Domain
import Foundation
import Policies
import Support
import Testing

@Suite struct PolicyTests {
    @Test func `each policy that comes along promises something, and keeps inputs a day at most`() {
        #expect(Policy.names == ["default", "maiimage2", "image2", "gptimg2", "imagen2026", "gptimage2-blog"])
        for policy in Policy.brought {
            #expect(!policy.promises.isEmpty && policy.inputs <= .hours(24), "\(policy.id)")
            #expect(Set(policy.promises.map(\.row)).count == policy.promises.count, "\(policy.id) says a row twice")
            #expect(policy.attestations.allSatisfy(JobName.isAttestation))
        }
        #expect(Policy.brought("nobody") == nil)
        #expect(
            Policy()
                == Policy.brought("default").map { standard in
                    var bare = standard
                    bare.promises = []
                    return bare
                })
    }

    @Test func `outputs of a session end after a day unless they are saved; elsewhere the operator decides`() {
        #expect(Policy.brought("maiimage2").map { $0.outputs == .hours(24) && $0.maySave } == true)
        for id in Policy.names where id != "maiimage2" {
            #expect(Policy.brought(id).map { $0.outputs == nil && !$0.maySave } == true, "\(id)")
        }
    }

    @Test func `a job without what the policy wants vouched for is refused, and named what`() throws {
        let policy = try #require(Policy.brought("image2"))
        var spec = JobSpec(prompt: "x")
        let refusal = #expect(throws: Reason.self) { try policy.check(spec, outputs: nil) }
        #expect(refusal?.code == .attestationMissing && refusal?.field == "attestations")
        #expect(refusal?.value == "rights_in_inputs")
        spec.attestations = ["other", "rights_in_inputs"]
        try policy.check(spec, outputs: nil)
    }

    @Test func `nothing is kept longer where the policy lets nobody choose`() throws {
        var spec = JobSpec(prompt: "x")
        spec.save = true
        let standard = try #require(Policy.brought("default"))
        try standard.check(spec, outputs: nil)
        let refusal = #expect(throws: Reason.self) { try standard.check(spec, outputs: .hours(2)) }
        #expect(refusal?.code == .policyForbids && refusal?.field == "save" && refusal?.limit == "2h")
        try #require(Policy.brought("maiimage2")).check(spec, outputs: .hours(24))
    }

    @Test func `what subjects ask for is kept where a policy says so, and its file may say otherwise`() throws {
        let keeping = Policy.brought.filter { $0.history != nil }
        #expect(keeping.map(\.id) == ["image2", "imagen2026", "gptimage2-blog"])
        #expect(keeping.allSatisfy { $0.history == .account })
        #expect(try read("{ id: 'x', extends: 'image2', history: 'none' }").policy.history == nil)
        #expect(try read("{ id: 'x', extends: 'image2' }").policy.history == .account)
        #expect(try read("{ id: 'x', history: '90d' }").policy.history == .span(.hours(2160)))
        #expect(try read("{ id: 'x', history: '0s' }").faults.map(\.path) == ["policy.history"])
    }

    @Test func `plans say what subjects keep, and a job under them names one, and whose it is`() throws {
        let file = try read(
            """
            { id: 'shop', extends: 'gptimg2', plans: { free: { outputs: '30d', count: 100, bytes: '1GB', notice: '3d' }, pro: {} },
              credits: { per_output: { free: 2, pro: 1 } } }
            """)
        #expect(file.faults.isEmpty && file.policy.planNames == ["free", "pro"])
        let free = try #require(file.policy.plans["free"])
        #expect(
            free.age == .hours(720) && free.count == 100 && free.bytes == 1_000_000_000 && free.notice == .hours(72))
        #expect(file.policy.plans["pro"] == PlanTerms(name: "pro"))
        var spec = JobSpec(prompt: "x")
        func refusal() -> Reason? { #expect(throws: Reason.self) { try file.policy.check(spec, outputs: nil) } }
        #expect(refusal()?.code == .invalidManifest && refusal()?.field == "plan")
        spec.plan = "gold"
        #expect(refusal()?.code == .unsupportedParameter && refusal()?.field == "plan")
        spec.plan = "pro"
        #expect(refusal()?.code == .invalidManifest && refusal()?.field == "subject")
        spec.subject = "s"
        try file.policy.check(spec, outputs: nil)
        #expect(try file.policy.creditsPerOutput(of: spec) == 1)
        spec.save = true
        try file.policy.check(spec, outputs: nil)
        spec.plan = "free"
        #expect(
            refusal()?.code == .policyForbids && refusal()?.field == "save" && refusal()?.limit == free.age?.description
        )
    }

    @Test func `outputs are shown where the policy shows any, and protected unless it says no`() throws {
        var spec = JobSpec(prompt: "x")
        for policy in Policy.brought {
            for visibility in Visibility.allCases {
                spec.visibility = visibility
                if visibility == .private || policy.id == "gptimg2" {
                    spec.attestations = policy.attestations
                    try policy.check(spec, outputs: nil)
                    continue
                }
                let refusal = #expect(throws: Reason.self) { try policy.check(spec, outputs: nil) }
                #expect(refusal?.code == .policyForbids && refusal?.field == "visibility", "\(policy.id)")
            }
        }
        spec.visibility = .private
        spec.protect = true
        spec.attestations = []
        try Policy().check(spec, outputs: nil)
        let file = try read("{ id: 'shop', extends: 'gptimg2', gallery: false, protect: false }")
        #expect(file.faults.isEmpty && !file.policy.mayShow && !file.policy.mayProtect)
        let refusal = #expect(throws: Reason.self) { try file.policy.check(spec, outputs: nil) }
        #expect(refusal?.code == .policyForbids && refusal?.field == "protect")
        #expect(try read("{ id: 'x', extends: 'gptimg2' }").policy.mayShow)
    }

    private func read(_ text: String) throws -> (policy: Policy, faults: [FieldFault]) {
        let scratch = try Scratch("policy")
        let path = scratch.file("p.json5")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return PolicyReader.read(file: path)
    }

    @Test func `a file that extends a policy has its terms and promises, but for what it says itself`() throws {
        let base = try #require(Policy.brought("maiimage2"))
        let plain = try read("{ id: 'shop', extends: 'maiimage2' }")
        #expect(plain.faults.isEmpty && plain.policy.outputs == base.outputs && plain.policy.maySave)
        #expect(plain.policy.promises == base.promises && plain.policy.id == "shop")
        let own = try read(
            "{ id: 'shop', extends: 'maiimage2', inputs: '1h', outputs: 'keep', save: false, attestations: ['adult'] }")
        #expect(own.faults.isEmpty && own.policy.inputs == .hours(1) && own.policy.outputs == nil)
        #expect(!own.policy.maySave && own.policy.attestations == ["adult"])
    }

    @Test(arguments: [
        ("{ id: 'x', inputs: '25h' }", "policy.inputs"), ("{ id: 'x', outputs: 'soon' }", "policy.outputs"),
        ("{ id: 'x', attestations: ['Not this'] }", "policy.attestations"),
        ("{ id: 'x', attestations: 'adult' }", "policy.attestations"), ("{ id: 'x', extends: 'me' }", "policy.extends"),
        ("{ id: 'x', plans: {} }", "policy.plans"), ("{ id: 'x', plans: { a: { count: 0 } } }", "policy.plans.a.count"),
        ("{ id: 'x', outputs: '1d', plans: { a: { outputs: '2d' } } }", "policy.plans.a.outputs"),
        ("{ id: 'x', plans: { a: { notice: '31d' } } }", "policy.plans.a.notice"),
        ("{ id: 'x', plans: { a: {} }, credits: { per_output: { b: 1 } } }", "policy.plans"),
        ("{ id: 'default' }", "policy.id"), ("{ id: 'x', save: 1 }", "policy.save"),
    ])
    func `what a file says wrong is named`(text: String, path: String) throws {
        #expect(try read(text).faults.map(\.path) == [path])
    }
}
