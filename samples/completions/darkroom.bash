# bash completion for darkroom -*- shell-script -*-
# Made by `darkroom completion bash`; samples/generate makes it anew.

_darkroom_jobs() {
    local at where=()
    for ((at = 2; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
        --spool | --config) where+=("${COMP_WORDS[at]}" "${COMP_WORDS[at + 1]}") ;;
        esac
    done
    "${COMP_WORDS[0]}" jobs --limit 200 "${where[@]}" 2>/dev/null | sed -n '2,$s/ .*//p'
}

_darkroom() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} first=2
    COMPREPLY=()
    # --option=value comes as three words.
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "run drain submit status wait jobs show retry release cancel save delete route subject account key sweep audit prove doctor normalize upscale inspect verify contact-sheet simulate config completion help --help --version" -- "$current")
        return
    fi
    case $verb:$before in
    run:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    run:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    drain:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    drain:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    submit:--prompt) :; return ;;
    submit:--prompt-file) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    submit:--reference) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    submit:--mask) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    submit:--model) :; return ;;
    submit:--aspect-ratio) :; return ;;
    submit:--model-size) :; return ;;
    submit:--model-quality) :; return ;;
    submit:--count) :; return ;;
    submit:--param) :; return ;;
    submit:--size) { mapfile -t COMPREPLY < <(compgen -W "4k uhd dci 8k native" -- "$current"); }; return ;;
    submit:--fit) { mapfile -t COMPREPLY < <(compgen -W "inside cover pad" -- "$current"); }; return ;;
    submit:--format) { mapfile -t COMPREPLY < <(compgen -W "png jpeg webp avif jxl" -- "$current"); }; return ;;
    submit:--quality) :; return ;;
    submit:--upscale) { mapfile -t COMPREPLY < <(compgen -W "plain enhanced" -- "$current"); }; return ;;
    submit:--subject) :; return ;;
    submit:--id) :; return ;;
    submit:--max-cost) :; return ;;
    submit:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    submit:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    status:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    status:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    wait:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    wait:--subject) :; return ;;
    wait:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    wait:--batch) :; return ;;
    wait:--route) :; return ;;
    wait:--since) :; return ;;
    wait:--until) :; return ;;
    wait:--limit) :; return ;;
    wait:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    wait:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    jobs:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    jobs:--subject) :; return ;;
    jobs:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    jobs:--batch) :; return ;;
    jobs:--route) :; return ;;
    jobs:--since) :; return ;;
    jobs:--until) :; return ;;
    jobs:--limit) :; return ;;
    jobs:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    jobs:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    show:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    show:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    retry:--model) :; return ;;
    retry:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    retry:--subject) :; return ;;
    retry:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    retry:--batch) :; return ;;
    retry:--route) :; return ;;
    retry:--since) :; return ;;
    retry:--until) :; return ;;
    retry:--limit) :; return ;;
    retry:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    retry:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    release:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    release:--subject) :; return ;;
    release:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    release:--batch) :; return ;;
    release:--route) :; return ;;
    release:--since) :; return ;;
    release:--until) :; return ;;
    release:--limit) :; return ;;
    release:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    release:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    cancel:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    cancel:--subject) :; return ;;
    cancel:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    cancel:--batch) :; return ;;
    cancel:--route) :; return ;;
    cancel:--since) :; return ;;
    cancel:--until) :; return ;;
    cancel:--limit) :; return ;;
    cancel:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    cancel:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    save:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    save:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    delete:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    delete:--subject) :; return ;;
    delete:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    delete:--batch) :; return ;;
    delete:--route) :; return ;;
    delete:--since) :; return ;;
    delete:--until) :; return ;;
    delete:--limit) :; return ;;
    delete:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    delete:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    route:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    route:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    subject:-o | subject:--output) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    subject:--reason) :; return ;;
    subject:--expires) :; return ;;
    subject:--job) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); }; return ;;
    subject:--end) :; return ;;
    subject:--purpose) :; return ;;
    subject:--set) :; return ;;
    subject:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    subject:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    account:--amount) :; return ;;
    account:--expires) :; return ;;
    account:--id) :; return ;;
    account:--limit) :; return ;;
    account:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    account:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    key:--from) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    key:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    key:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    sweep:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    sweep:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    audit:--job) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); }; return ;;
    audit:--limit) :; return ;;
    audit:--subject) :; return ;;
    audit:--receipt) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    audit:--key) :; return ;;
    audit:--checkpoint) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    audit:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    audit:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    prove:--markers) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    prove:--also) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    prove:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    prove:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    doctor:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    doctor:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    normalize:-o | normalize:--output) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    normalize:--max-edge) :; return ;;
    normalize:--format) { mapfile -t COMPREPLY < <(compgen -W "png jpeg webp" -- "$current"); }; return ;;
    normalize:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    normalize:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    upscale:-o | upscale:--output) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    upscale:--size) { mapfile -t COMPREPLY < <(compgen -W "4k uhd dci 8k native" -- "$current"); }; return ;;
    upscale:--fit) { mapfile -t COMPREPLY < <(compgen -W "inside cover pad" -- "$current"); }; return ;;
    upscale:--format) { mapfile -t COMPREPLY < <(compgen -W "png jpeg webp avif jxl" -- "$current"); }; return ;;
    upscale:--quality) :; return ;;
    upscale:--upscale) { mapfile -t COMPREPLY < <(compgen -W "plain enhanced" -- "$current"); }; return ;;
    upscale:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    upscale:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    inspect:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    inspect:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    verify:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    verify:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    contact-sheet:-o | contact-sheet:--output) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    contact-sheet:--format) { mapfile -t COMPREPLY < <(compgen -W "jpeg png webp html" -- "$current"); }; return ;;
    contact-sheet:--title) :; return ;;
    contact-sheet:--state) { mapfile -t COMPREPLY < <(compgen -W "accepted ready waiting calling answered made held done failed" -- "$current"); }; return ;;
    contact-sheet:--subject) :; return ;;
    contact-sheet:--reason) { mapfile -t COMPREPLY < <(compgen -W "invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired" -- "$current"); }; return ;;
    contact-sheet:--batch) :; return ;;
    contact-sheet:--route) :; return ;;
    contact-sheet:--since) :; return ;;
    contact-sheet:--until) :; return ;;
    contact-sheet:--limit) :; return ;;
    contact-sheet:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    contact-sheet:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    simulate:--listen) :; return ;;
    simulate:--latency) :; return ;;
    simulate:--faults) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    simulate:--ledger) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    simulate:--certificate) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    simulate:--key) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    simulate:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    simulate:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    config:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    config:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    completion:--config) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; }; return ;;
    completion:--spool) { mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames; }; return ;;
    esac
    if [[ $current == -* ]]; then
        case $verb in
        run) { mapfile -t COMPREPLY < <(compgen -W "--config --spool --help" -- "$current"); } ;;
        drain) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        submit) { mapfile -t COMPREPLY < <(compgen -W "--prompt --prompt-file --reference --mask --model --aspect-ratio --model-size --model-quality --count --param --size --fit --format --quality --upscale --subject --id --max-cost --wait --dry-run --json --config --spool --help" -- "$current"); } ;;
        status) { mapfile -t COMPREPLY < <(compgen -W "--watch --json --config --spool --help" -- "$current"); } ;;
        wait) { mapfile -t COMPREPLY < <(compgen -W "--state --subject --reason --batch --route --since --until --limit --json --config --spool --help" -- "$current"); } ;;
        jobs) { mapfile -t COMPREPLY < <(compgen -W "--state --subject --reason --batch --route --since --until --limit --json --config --spool --help" -- "$current"); } ;;
        show) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        retry) { mapfile -t COMPREPLY < <(compgen -W "--model --state --subject --reason --batch --route --since --until --limit --yes --json --config --spool --help" -- "$current"); } ;;
        release) { mapfile -t COMPREPLY < <(compgen -W "--give-up --state --subject --reason --batch --route --since --until --limit --yes --json --config --spool --help" -- "$current"); } ;;
        cancel) { mapfile -t COMPREPLY < <(compgen -W "--state --subject --reason --batch --route --since --until --limit --yes --json --config --spool --help" -- "$current"); } ;;
        save) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        delete) { mapfile -t COMPREPLY < <(compgen -W "--state --subject --reason --batch --route --since --until --limit --yes --json --config --spool --help" -- "$current"); } ;;
        route) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        subject) { mapfile -t COMPREPLY < <(compgen -W "-o --output --reason --expires --job --end --purpose --withdraw --set --json --config --spool --help" -- "$current"); } ;;
        account) { mapfile -t COMPREPLY < <(compgen -W "--amount --expires --id --limit --json --config --spool --help" -- "$current"); } ;;
        key) { mapfile -t COMPREPLY < <(compgen -W "--from --json --config --spool --help" -- "$current"); } ;;
        sweep) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        audit) { mapfile -t COMPREPLY < <(compgen -W "--job --limit --subject --receipt --key --checkpoint --json --config --spool --help" -- "$current"); } ;;
        prove) { mapfile -t COMPREPLY < <(compgen -W "--markers --also --json --config --spool --help" -- "$current"); } ;;
        doctor) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        normalize) { mapfile -t COMPREPLY < <(compgen -W "-o --output --max-edge --format --json --config --spool --help" -- "$current"); } ;;
        upscale) { mapfile -t COMPREPLY < <(compgen -W "-o --output --size --fit --format --quality --upscale --json --config --spool --help" -- "$current"); } ;;
        inspect) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        verify) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        contact-sheet) { mapfile -t COMPREPLY < <(compgen -W "-o --output --format --title --state --subject --reason --batch --route --since --until --limit --json --config --spool --help" -- "$current"); } ;;
        simulate) { mapfile -t COMPREPLY < <(compgen -W "--listen --latency --faults --ledger --cached --certificate --key --config --spool --help" -- "$current"); } ;;
        config) { mapfile -t COMPREPLY < <(compgen -W "--json --config --spool --help" -- "$current"); } ;;
        completion) { mapfile -t COMPREPLY < <(compgen -W "--config --spool --help" -- "$current"); } ;;
        esac
        return
    fi
    case $verb in
    wait) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    show) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    retry) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    release) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    cancel) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    save) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    delete) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    route) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "list pause resume" -- "$current"); } ;;
    subject) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "export erase restrict unrestrict amend object hold suspend resume show" -- "$current"); } ;;
    account) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "credit balance history check" -- "$current"); } ;;
    key) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "show export rotate" -- "$current"); }; ((COMP_CWORD > first)) && { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    audit) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "show verify" -- "$current"); }; ((COMP_CWORD > first)) && { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    normalize) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; } ;;
    upscale) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; } ;;
    inspect) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; } ;;
    verify) { mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames; } ;;
    contact-sheet) { mapfile -t COMPREPLY < <(compgen -W "$(_darkroom_jobs)" -- "$current"); } ;;
    config) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "check show default schema" -- "$current"); } ;;
    completion) ((COMP_CWORD == first)) && { mapfile -t COMPREPLY < <(compgen -W "bash zsh fish" -- "$current"); } ;;
    esac
}

complete -F _darkroom darkroom
