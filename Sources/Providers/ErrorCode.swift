/// What the codes and types of model services mean. A code decides before any status does.
enum ErrorCode {
    /// The class of a code, whatever its case and punctuation: `contentFilter`, `content_filter` and `CONTENT-FILTER` are one.
    /// Nil for a code that says nothing by itself, such as `invalid_request_error`.
    static func callClass(of code: String) -> CallClass? {
        guard code.utf8.count <= 128 else { return nil }
        return table[plain(code)]
    }

    /// Letters and digits alone, in small letters.
    private static func plain(_ code: String) -> String {
        String(
            decoding: code.lowercased().utf8.filter { (97...122).contains($0) || (48...57).contains($0) }, as: UTF8.self
        )
    }

    /// Built once from the rows below.
    private static let table: [String: CallClass] = {
        var table: [String: CallClass] = [:]
        for (callClass, codes) in rows {
            for code in codes.split(separator: " ") { table[plain(String(code))] = callClass }
        }
        return table
    }()

    /// Codes by class, as the contracts, the services' public error lists and gateways in front of them write them.
    private static let rows: [(CallClass, String)] = [
        (
            .quotaExhausted,
            """
            insufficient_quota billing_hard_limit_reached billing_soft_limit_reached billing_not_active billing_error \
            insufficient_credits insufficient_balance insufficient_funds insufficient_user_quota payment_required \
            spend_limit_exceeded budget_exceeded credit_limit_exceeded credits_exhausted usage_limit_reached \
            monthly_limit_reached daily_limit_reached arrearage
            """
        ),
        (
            .auth,
            """
            invalid_api_key incorrect_api_key api_key_invalid api_key_expired missing_api_key invalid_authentication \
            authentication_error invalid_token expired_token token_expired access_token_expired unauthenticated unauthorized
            """
        ),
        (
            .accountBlocked,
            """
            account_blocked account_deactivated account_suspended account_disabled account_terminated access_terminated \
            organization_deactivated organization_suspended organization_disabled user_deactivated user_banned \
            consumer_suspended project_suspended subscription_suspended resource_blocked api_key_leaked key_leaked \
            leaked_api_key api_key_revoked api_key_disabled pup_limited_disabled
            """
        ),
        (
            .permission,
            """
            unsupported_country_region_territory insufficient_permissions organization_not_verified \
            organization_verification_required billing_disabled service_disabled api_key_service_blocked \
            api_key_http_referrer_blocked api_key_ip_address_blocked privacy_restricted data_policy_restricted
            """
        ),
        (
            .modelNotFound,
            """
            model_not_found model_not_available model_unavailable model_deprecated model_retired unknown_model invalid_model \
            invalid_model_name no_such_model deployment_not_found
            """
        ),
        (
            .contentBlockedInput,
            """
            content_policy_violation content_policy content_filter content_filtered content_moderation content_blocked \
            ResponsibleAIPolicyViolation policy_violation usage_policy_violation moderation_blocked moderation_error \
            moderation_failed moderation safety_error safety_violation safety_block invalid_prompt prompt_blocked \
            prompt_filtered prompt_rejected unsafe_prompt refusal request_refused guardrail_blocked guardrail_violation \
            guardrail_intervened nsfw_content_detected sensitive_content data_inspection_failed \
            input_text_sensitive_content_detected input_image_sensitive_content_detected prohibited_content
            """
        ),
        (
            .contentBlockedOutput,
            """
            content_safety_violation output_blocked output_filtered output_moderation image_safety \
            output_image_sensitive_content_detected image_prohibited_content image_filtered
            """
        ),
        (
            .rateLimited,
            "rate_limit_exceeded rate_limit_error rate_limited rate_limit too_many_requests throttled throttling"
        ),
        (
            .overloaded,
            """
            overloaded_error overloaded engine_overloaded model_overloaded service_unavailable unavailable \
            provider_overloaded provider_unavailable model_capacity_exhausted capacity_exceeded no_capacity \
            no_available_providers
            """
        ),
        (.serverError, "server_error internal_server_error internal_error internal"),
        (.outcomeUnknown, "timeout gateway_timeout request_timeout upstream_timeout deadline_exceeded"),
        (
            .payloadTooLarge,
            "payload_too_large request_too_large request_entity_too_large content_too_large image_too_large"
        ),
    ]
}
