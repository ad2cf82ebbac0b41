import Domain
import Settings
import Testing

@Suite struct RetirementTests {
    private func route(_ provider: Route.Provider, _ family: String) -> Route {
        var route = Route.offline
        (route.provider, route.family, route.deployment) = (provider, family, family)
        return route
    }

    @Test(arguments: [
        (Route.Provider.openAI, "gpt-image-1", "gpt-image-2"), (.openAI, "gpt-image-1.5-2025-12-16", "gpt-image-2"),
        (.openAI, "dall-e-3", "gpt-image-2"), (.openRouter, "openai/gpt-image-1", "openai/gpt-image-2"),
        (.googleGemini, "gemini-3-pro-image-preview", "gemini-nano-banana-2.1"),
    ])
    func `a family whose provider has ended it is not called, and its successor is named`(
        provider: Route.Provider, family: String, successor: String
    ) {
        let retirement = route(provider, family).retirement
        #expect(retirement?.successor == successor && retirement?.source == .published)
    }

    @Test(arguments: [
        (Route.Provider.microsoftMAI, "2.5"), (.microsoftMAI, "2e"), (.googleGemini, "gemini-3.1-flash-image"),
        (.googleGemini, "gemini-2.5-flash-image"), (.azureOpenAI, "gpt-image-2"),
        (.openRouter, "microsoft/mai-image-2.5"),
    ])
    func `an end that only third parties report is known, and the route is called`(
        provider: Route.Provider, family: String
    ) {
        let route = route(provider, family)
        #expect(route.retirement == nil && route.lifecycle?.source == .thirdParty)
        #expect(route.lifecycle?.sentence.contains("third parties") == true)
    }

    @Test func `every family that is offered can be called`() {
        for provider in Route.Provider.allCases {
            for family in provider.families { #expect(route(provider, family).retirement == nil, "\(family)") }
        }
    }
}
