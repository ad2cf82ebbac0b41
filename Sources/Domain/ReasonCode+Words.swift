/// What a code means and what to do about it: in the guide, and wherever a reason brings no hint of its own.
extension ReasonCode {
    /// What happened, one sentence without its full stop.
    package var meaning: String { words.meaning }

    /// What an operator or a caller can do, one sentence without its full stop.
    package var remedy: String { words.remedy }

    private var words: (meaning: String, remedy: String) {
        switch self {
        case .invalidManifest:
            ("the hand-over does not follow the contract", "correct the field that is named, and hand it over again")
        case .unsupportedParameter:
            (
                "the model, or this version, cannot do what was asked for",
                "leave the field out, change it, or choose another route"
            )
        case .orphan:
            ("no prompt claimed this picture in time", "hand the prompt over with it, or in a folder by one rename")
        case .idConflict:
            ("the id was used for other content in the last 30 days", "give each job an id of its own, or none")
        case .referenceUnreadable:
            ("a reference is no picture, or a damaged one", "open it in an editor, save it again, and hand it over")
        case .referenceTooLarge:
            ("a reference is over one of the limits", "make it smaller, or raise the limit that is named")
        case .referenceUnclean:
            (
                "a cleaned reference still held something besides pixels, and was not sent",
                "retry; where it stays, report the file's kind"
            )
        case .maskMismatch:
            ("the mask is not as large as reference 1", "draw it on the reference as it is seen, upright")
        case .promptTooLong: ("the prompt is longer than the model takes", "shorten it to the limit that is named")
        case .attestationMissing:
            ("the policy asks for something that the job does not vouch for", "add the attestation, if it is true")
        case .policyForbids:
            (
                "the policy, or what the job requires of the service that would be called, does not allow it",
                "look at its field: leave that out, choose another model, or ask who runs Darkroom for another policy"
            )
        case .invalidRequest:
            ("the provider refused the request as wrong", "look at the parameters and at provider_code")
        case .payloadTooLarge: ("the provider takes no request of that size", "use fewer or smaller references")
        case .modelNotFound:
            (
                "the provider knows no such model or deployment",
                "correct the route in the configuration, then submit again"
            )
        case .outputFailed:
            (
                "the picture came, but the output could not be made",
                "retry: the answer is not bought again while it is kept"
            )
        case .workerTimeout:
            (
                "two image workers in a row were ended for their time (workers.timeout), which says nothing about the picture",
                "raise workers.timeout, or find out what holds this machine up, then retry"
            )
        case .internalFault:
            ("something went wrong in Darkroom itself", "retry, and report it with the log's lines of that job")
        case .overBudget:
            (
                "the job would cost more than it may, or the day's budget is spent",
                "raise max_cost or budget, or wait for the next UTC day"
            )
        case .noCredit: ("the subject has too few free credits", "credit the account, then retry")
        case .subjectSuspended: ("the subject is suspended", "resume the subject, then submit again")
        case .subjectRestricted:
            ("the subject has restricted the use of their data", "the job waits until the restriction is lifted")
        case .contentBlockedInput:
            (
                "prompt or references were refused for what they show or say",
                "change them; the same request is refused again"
            )
        case .contentBlockedOutput:
            ("the model's picture was withheld for what it shows", "change the prompt; it may have been billed")
        case .noImageReturned: ("the model answered without a picture", "change the prompt; it may have been billed")
        case .badResponse:
            (
                "the answer was no picture of a model, or could not be fetched",
                "check the route's endpoint and any gateway before it; see `billed` for what it cost"
            )
        case .overRate:
            (
                "the subject has made as many requests as it may in that time",
                "nothing: the job goes on when its time comes"
            )
        case .rateLimited:
            (
                "the provider asked for a pause",
                "nothing: the job goes on by itself; lower requests_per_minute where it is often"
            )
        case .overloaded: ("the provider was busy", "nothing: the job is tried again by itself")
        case .notSent:
            (
                "the request could not be delivered",
                "look at network, proxy and endpoint; the job is tried again by itself"
            )
        case .diskFull: ("less is free on the disk than disk.min_free", "make room: work goes on by itself")
        case .auth:
            ("the provider refused the key", "put the right key in place, then run `darkroom route resume`")
        case .permission:
            (
                "the key may not use that model, or one request was refused without a reason",
                "give the key the right, then run `darkroom route resume`; retry the job where the route is open"
            )
        case .accountBlocked:
            (
                "the provider has blocked or limited the account",
                "settle it with the provider, then run `darkroom route resume`"
            )
        case .quotaExhausted:
            (
                "the account's quota or balance is used up",
                "raise it with the provider; `darkroom route resume` tries again at once"
            )
        case .routePaused: ("an operator has paused the route", "run `darkroom route resume`")
        case .outcomeUnknown:
            (
                "a request may have reached the provider, and brought no answer",
                "release the job to ask again, which may be billed twice, or give it up"
            )
        case .quarantined:
            (
                "Darkroom ended each time it worked on this job",
                "look into the log, then release it to try again, or give it up"
            )
        case .serverError: ("the provider failed twice", "retry later")
        case .cancelled: ("somebody cancelled it", "submit it again if it is wanted")
        case .expired:
            ("it did not settle within 24 hours of its acceptance", "look at what it waited for, then submit it again")
        }
    }

    /// What becomes of a job with it, as section 3 of the public surface has it.
    package var ending: String {
        switch self {
        case .overRate, .rateLimited, .overloaded, .notSent, .subjectRestricted, .diskFull, .quotaExhausted,
            .routePaused:
            "waits"
        case .overBudget: "fails; waits where the day's budget is spent"
        case .auth, .permission, .accountBlocked: "fails; others of its route wait"
        case .workerTimeout: "fails, after one repeat"
        case .outcomeUnknown: "held, or one more try (`on_unknown`)"
        case .quarantined: "held"
        default: "fails"
        }
    }
}
