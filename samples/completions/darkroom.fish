# fish completion for darkroom
# Made by `darkroom completion fish`; samples/generate makes it anew.

function __darkroom_verb --description 'whether the verb is one of these'
    set --local words (commandline --tokenize --cut-at-cursor --current-process)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

function __darkroom_at --description 'whether so many words stand before the cursor'
    test (count (commandline --tokenize --cut-at-cursor --current-process)) -eq $argv[1]
end

function __darkroom_jobs
    set --local words (commandline --tokenize --cut-at-cursor --current-process)
    set --local where
    for at in (seq (count $words))
        if contains -- $words[$at] --spool --config
            set --append where $words[$at] $words[(math $at + 1)]
        end
    end
    darkroom jobs --limit 200 $where 2>/dev/null | sed -n '2,$s/ .*//p'
end

complete -c darkroom -f
complete -c darkroom -n '__darkroom_at 1' -l help -d 'show the verbs'
complete -c darkroom -n '__darkroom_at 1' -l version -d 'show the version'
complete -c darkroom -n '__darkroom_at 1' -a help -d 'show the verbs, or one verb'
complete -c darkroom -n '__darkroom_at 1' -a run -d 'the daemon, in the foreground: watches the inbox until it is stopped'
complete -c darkroom -n '__darkroom_at 1' -a drain -d 'processes inbox and queue until everything has settled, then exits'
complete -c darkroom -n '__darkroom_at 1' -a submit -d 'hands a job over and prints its id'
complete -c darkroom -n '__darkroom_at 1' -a status -d 'queue, routes and why any is paused, spend, next deletion'
complete -c darkroom -n '__darkroom_at 1' -a wait -d 'return when jobs, or all lines of a batch, have settled'
complete -c darkroom -n '__darkroom_at 1' -a jobs -d 'list jobs, newest first'
complete -c darkroom -n '__darkroom_at 1' -a show -d 'one job\'s whole story'
complete -c darkroom -n '__darkroom_at 1' -a retry -d 'run failed jobs, or what partial ones lack, again'
complete -c darkroom -n '__darkroom_at 1' -a release -d 'let held jobs go on; unknown calls may be paid for again'
complete -c darkroom -n '__darkroom_at 1' -a cancel -d 'stop jobs that are not in a paid call'
complete -c darkroom -n '__darkroom_at 1' -a save -d 'keeps an output beyond its time, where the policy lets a subject choose'
complete -c darkroom -n '__darkroom_at 1' -a delete -d 'delete outputs, sidecars and the provider\'s originals now'
complete -c darkroom -n '__darkroom_at 1' -a route -d 'list routes, pause one, or open a paused one again'
complete -c darkroom -n '__darkroom_at 1' -a subject -d 'the rights of the person the data belongs to, and their limits'
complete -c darkroom -n '__darkroom_at 1' -a account -d 'credits of a subject, where the policy uses them; check looks whether all add up'
complete -c darkroom -n '__darkroom_at 1' -a key -d 'the keys that inputs are sealed under: shown, taken out for one job, or sealed anew'
complete -c darkroom -n '__darkroom_at 1' -a sweep -d 'runs retention once, now; safe beside the daemon and without it'
complete -c darkroom -n '__darkroom_at 1' -a audit -d 'the tamper-evident log: what it says, whether it is whole, receipts'
complete -c darkroom -n '__darkroom_at 1' -a prove -d 'looks for markers that should be gone, in every byte of the spool'
complete -c darkroom -n '__darkroom_at 1' -a doctor -d 'whether a job could run here: each thing that it needs, and the remedy of what is amiss'
complete -c darkroom -n '__darkroom_at 1' -a normalize -d 'one reference, cleaned by the code and worker that the daemon uses'
complete -c darkroom -n '__darkroom_at 1' -a upscale -d 'one picture through the code that makes outputs'
complete -c darkroom -n '__darkroom_at 1' -a inspect -d 'what metadata, marks and trailing data a file carries'
complete -c darkroom -n '__darkroom_at 1' -a verify -d 'whose marks a picture carries, and whether it is the file that its sidecar speaks of'
complete -c darkroom -n '__darkroom_at 1' -a contact-sheet -d 'outputs on labelled sheets, to look through: of jobs, of a batch, or the newest ones'
complete -c darkroom -n '__darkroom_at 1' -a simulate -d 'a model service on this machine, for trials and tests'
complete -c darkroom -n '__darkroom_at 1' -a config -d 'checks, shows or writes configuration; JSON Schemas'
complete -c darkroom -n '__darkroom_at 1' -a completion -d 'what a shell needs to complete darkroom\'s verbs, options, values and job ids'

complete -c darkroom -n '__darkroom_verb run' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb run' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb run' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb drain' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb drain' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb drain' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb drain' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb submit' -l prompt -d 'what to draw' -x
complete -c darkroom -n '__darkroom_verb submit' -l prompt-file -d 'what to draw, from a file (- is standard input)' -r -F
complete -c darkroom -n '__darkroom_verb submit' -l reference -d 'a reference picture' -r -F
complete -c darkroom -n '__darkroom_verb submit' -l mask -d 'what to repaint of the first reference: transparent or white' -r -F
complete -c darkroom -n '__darkroom_verb submit' -l model -d 'a route of the configuration' -x
complete -c darkroom -n '__darkroom_verb submit' -l aspect-ratio -d 'shape of the model\'s picture' -x
complete -c darkroom -n '__darkroom_verb submit' -l model-size -d 'size of the model\'s picture' -x
complete -c darkroom -n '__darkroom_verb submit' -l model-quality -d 'the model\'s quality' -x
complete -c darkroom -n '__darkroom_verb submit' -l count -d 'outputs, 1 to 10' -x
complete -c darkroom -n '__darkroom_verb submit' -l param -d 'a field of the provider\'s own' -x
complete -c darkroom -n '__darkroom_verb submit' -l size -d 'output: 4k, uhd, dci, 8k, WxH, long=N, native' -x -a '4k uhd dci 8k native'
complete -c darkroom -n '__darkroom_verb submit' -l fit -d 'output: inside, cover, pad' -x -a 'inside cover pad'
complete -c darkroom -n '__darkroom_verb submit' -l format -d 'output: png, jpeg, webp, avif, jxl' -x -a 'png jpeg webp avif jxl'
complete -c darkroom -n '__darkroom_verb submit' -l quality -d 'output: 1 to 100, for every format but PNG' -x
complete -c darkroom -n '__darkroom_verb submit' -l upscale -d 'output: plain, enhanced' -x -a 'plain enhanced'
complete -c darkroom -n '__darkroom_verb submit' -l subject -d 'whose data this is, a pseudonym' -x
complete -c darkroom -n '__darkroom_verb submit' -l id -d 'the job\'s id' -x
complete -c darkroom -n '__darkroom_verb submit' -l max-cost -d 'refused if it may cost more' -x
complete -c darkroom -n '__darkroom_verb submit' -l wait -d 'wait until the job has settled'
complete -c darkroom -n '__darkroom_verb submit' -l dry-run -d 'show model, sizes, what would be removed and the price; send nothing'
complete -c darkroom -n '__darkroom_verb submit' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb submit' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb submit' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb submit' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb status' -l watch -d 'shows it anew every two seconds until interrupted'
complete -c darkroom -n '__darkroom_verb status' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb status' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb status' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb status' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb wait' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb wait' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb wait' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb wait' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb wait' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb wait' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb wait' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb wait' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb wait' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb wait' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb wait' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb wait' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb wait' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb jobs' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb jobs' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb jobs' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb jobs' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb jobs' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb jobs' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb jobs' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb jobs' -l limit -d 'at most N (100)' -x
complete -c darkroom -n '__darkroom_verb jobs' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb jobs' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb jobs' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb jobs' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb show' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb show' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb show' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb show' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb show' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb retry' -l model -d 'on this route instead of the job\'s own' -x
complete -c darkroom -n '__darkroom_verb retry' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb retry' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb retry' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb retry' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb retry' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb retry' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb retry' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb retry' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb retry' -l yes -d 'with filters: do it without asking'
complete -c darkroom -n '__darkroom_verb retry' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb retry' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb retry' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb retry' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb retry' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb release' -l give-up -d 'settle them as failed instead'
complete -c darkroom -n '__darkroom_verb release' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb release' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb release' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb release' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb release' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb release' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb release' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb release' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb release' -l yes -d 'with filters: do it without asking'
complete -c darkroom -n '__darkroom_verb release' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb release' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb release' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb release' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb release' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb cancel' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb cancel' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb cancel' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb cancel' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb cancel' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb cancel' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb cancel' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb cancel' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb cancel' -l yes -d 'with filters: do it without asking'
complete -c darkroom -n '__darkroom_verb cancel' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb cancel' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb cancel' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb cancel' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb cancel' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb save' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb save' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb save' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb save' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb save' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb delete' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb delete' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb delete' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb delete' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb delete' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb delete' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb delete' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb delete' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb delete' -l yes -d 'with filters: do it without asking'
complete -c darkroom -n '__darkroom_verb delete' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb delete' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb delete' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb delete' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb delete' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb route' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb route' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb route' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb route' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb route; and __darkroom_at 2' -a 'list pause resume'
complete -c darkroom -n '__darkroom_verb subject' -s o -l output -d 'export: the package to write, a zip; - is standard output' -r -F
complete -c darkroom -n '__darkroom_verb subject' -l reason -d 'erase: request, minor, consent, account, legal, error; hold: a short public label' -x
complete -c darkroom -n '__darkroom_verb subject' -l expires -d 'hold: its end: 180d, or 2027-06-30 (with that day, UTC)' -x
complete -c darkroom -n '__darkroom_verb subject' -l job -d 'hold: only this job\'s outputs' -x -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb subject' -l end -d 'hold: ends this one' -x
complete -c darkroom -n '__darkroom_verb subject' -l purpose -d 'object: statistics, history, gallery, consent' -x
complete -c darkroom -n '__darkroom_verb subject' -l withdraw -d 'object: takes the objection back'
complete -c darkroom -n '__darkroom_verb subject' -l set -d 'amend: label, contact or preferences.NAME; an empty value takes it out' -x
complete -c darkroom -n '__darkroom_verb subject' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb subject' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb subject' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb subject' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb subject; and __darkroom_at 2' -a 'export erase restrict unrestrict amend object hold suspend resume show'
complete -c darkroom -n '__darkroom_verb account' -l amount -d 'credits to give; negative takes back what is free' -x
complete -c darkroom -n '__darkroom_verb account' -l expires -d 'their end: 90d, 2026-12-31 (with that day, UTC) or never; else the policy\'s' -x
complete -c darkroom -n '__darkroom_verb account' -l id -d 'of this credit: given again under it, nothing is given twice' -x
complete -c darkroom -n '__darkroom_verb account' -l limit -d 'at most so many lines of history (100)' -x
complete -c darkroom -n '__darkroom_verb account' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb account' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb account' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb account' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb account; and __darkroom_at 2' -a 'credit balance history check'
complete -c darkroom -n '__darkroom_verb key' -l from -d 'rotate: the file of the key that seal.key named before' -r -F
complete -c darkroom -n '__darkroom_verb key' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb key' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb key' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb key' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb key; and __darkroom_at 2' -a 'show export rotate'
complete -c darkroom -n '__darkroom_verb key' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb sweep' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb sweep' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb sweep' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb sweep' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb audit' -l job -d 'show: only this job\'s entries' -x -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb audit' -l limit -d 'show: at most so many entries, the newest (100)' -x
complete -c darkroom -n '__darkroom_verb audit' -l subject -d 'show receipt: for all jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb audit' -l receipt -d 'verify: this receipt, with the key alone' -r -F
complete -c darkroom -n '__darkroom_verb audit' -l key -d 'verify: the published key, instead of the spool\'s own' -x
complete -c darkroom -n '__darkroom_verb audit' -l checkpoint -d 'verify: a checkpoint that was kept elsewhere; the log must go on from it' -r -F
complete -c darkroom -n '__darkroom_verb audit' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb audit' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb audit' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb audit' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb audit; and __darkroom_at 2' -a 'show verify'
complete -c darkroom -n '__darkroom_verb audit' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb prove' -l markers -d 'markers, one a line: they stand in no list of processes then' -r -F
complete -c darkroom -n '__darkroom_verb prove' -l also -d 'look there too: logs, folders for temporary files' -r -F
complete -c darkroom -n '__darkroom_verb prove' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb prove' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb prove' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb prove' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb doctor' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb doctor' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb doctor' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb doctor' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb normalize' -s o -l output -d 'where to write; - is standard output' -r -F
complete -c darkroom -n '__darkroom_verb normalize' -l max-edge -d 'longest side in pixels (2048)' -x
complete -c darkroom -n '__darkroom_verb normalize' -l format -d 'png, jpeg, webp (else by OUT\'s suffix)' -x -a 'png jpeg webp'
complete -c darkroom -n '__darkroom_verb normalize' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb normalize' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb normalize' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb normalize' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb normalize' -F
complete -c darkroom -n '__darkroom_verb upscale' -s o -l output -d 'where to write; - is standard output' -r -F
complete -c darkroom -n '__darkroom_verb upscale' -l size -d '4k (default), uhd, dci, 8k, WxH, long=N, native' -x -a '4k uhd dci 8k native'
complete -c darkroom -n '__darkroom_verb upscale' -l fit -d 'inside (default), cover, pad' -x -a 'inside cover pad'
complete -c darkroom -n '__darkroom_verb upscale' -l format -d 'png, jpeg, webp, avif, jxl (else by OUT\'s suffix, else png)' -x -a 'png jpeg webp avif jxl'
complete -c darkroom -n '__darkroom_verb upscale' -l quality -d '1 to 100 (90), for every format but PNG' -x
complete -c darkroom -n '__darkroom_verb upscale' -l upscale -d 'plain, enhanced (else as configured)' -x -a 'plain enhanced'
complete -c darkroom -n '__darkroom_verb upscale' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb upscale' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb upscale' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb upscale' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb upscale' -F
complete -c darkroom -n '__darkroom_verb inspect' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb inspect' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb inspect' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb inspect' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb inspect' -F
complete -c darkroom -n '__darkroom_verb verify' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb verify' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb verify' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb verify' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb verify' -F
complete -c darkroom -n '__darkroom_verb contact-sheet' -s o -l output -d 'where to write; .jpg, .png, .webp or .html; - is standard output' -r -F
complete -c darkroom -n '__darkroom_verb contact-sheet' -l format -d 'jpeg, png, webp, html (else by FILE\'s suffix)' -x -a 'jpeg png webp html'
complete -c darkroom -n '__darkroom_verb contact-sheet' -l title -d 'what stands above it' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l state -d 'accepted, ready, waiting, calling, answered, made, held, done, failed' -x -a 'accepted ready waiting calling answered made held done failed'
complete -c darkroom -n '__darkroom_verb contact-sheet' -l subject -d 'jobs of this subject' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l reason -d 'jobs that failed, wait, or lack an output for this reason' -x -a 'invalid_manifest unsupported_parameter orphan id_conflict reference_unreadable reference_too_large reference_unclean mask_mismatch prompt_too_long attestation_missing policy_forbids invalid_request payload_too_large model_not_found output_failed worker_timeout internal over_budget no_credit subject_suspended subject_restricted content_blocked_input content_blocked_output no_image_returned bad_response over_rate rate_limited overloaded not_sent disk_full auth permission account_blocked quota_exhausted route_paused outcome_unknown quarantined server_error cancelled expired'
complete -c darkroom -n '__darkroom_verb contact-sheet' -l batch -d 'jobs of all batches of this name, or of the one batch NAME-XXXXXXXX' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l route -d 'jobs of this route' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l since -d 'accepted then or later: 2h (ago), 2026-11-21 (UTC), or RFC 3339' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l until -d 'accepted before; a day counts to its end' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l limit -d 'the newest N of them' -x
complete -c darkroom -n '__darkroom_verb contact-sheet' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb contact-sheet' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb contact-sheet' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb contact-sheet' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb contact-sheet' -a '(__darkroom_jobs)'
complete -c darkroom -n '__darkroom_verb simulate' -l listen -d 'where to listen (127.0.0.1:9000)' -x
complete -c darkroom -n '__darkroom_verb simulate' -l latency -d 'how long each answer takes (0s)' -x
complete -c darkroom -n '__darkroom_verb simulate' -l faults -d 'rules by which it misbehaves' -r -F
complete -c darkroom -n '__darkroom_verb simulate' -l ledger -d 'append a line for every request, and one for how it ended' -r -F
complete -c darkroom -n '__darkroom_verb simulate' -l cached -d 'draw each size once'
complete -c darkroom -n '__darkroom_verb simulate' -l certificate -d 'speak TLS with this PEM certificate and its --key' -r -F
complete -c darkroom -n '__darkroom_verb simulate' -l key -d 'the certificate\'s PEM key' -r -F
complete -c darkroom -n '__darkroom_verb simulate' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb simulate' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb simulate' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb config' -l json -d 'print JSON'
complete -c darkroom -n '__darkroom_verb config' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb config' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb config' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb config; and __darkroom_at 2' -a 'check show default schema'
complete -c darkroom -n '__darkroom_verb completion' -l config -d 'configuration (else $DARKROOM_CONFIG, /etc/darkroom/darkroom.json5)' -r -F
complete -c darkroom -n '__darkroom_verb completion' -l spool -d 'the spool, instead of the configured one' -x -a '(__fish_complete_directories)'
complete -c darkroom -n '__darkroom_verb completion' -l help -d 'show this help'
complete -c darkroom -n '__darkroom_verb completion; and __darkroom_at 2' -a 'bash zsh fish'
