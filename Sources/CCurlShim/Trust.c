// Whom TLS trusts, for people who want to know before the first call.

#define _GNU_SOURCE
#include "CCurlShim.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

int ct_read_certificates(const char *path, ct_certificates *found) {
    *found = (ct_certificates){.seconds_left = INT64_MAX};
    FILE *file = fopen(path, "re");
    if (!file) return errno;
    X509 *certificate;
    while ((certificate = PEM_read_X509(file, NULL, NULL, NULL)) != NULL) {
        int days = 0, seconds = 0;
        found->count += 1;
        // From now to its end; what cannot be read counts as over.
        int is_read = ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
        int64_t left = (int64_t)days * 86400 + seconds;
        if (!is_read || left <= 0) {
            found->expired += 1;
        } else if (left < found->seconds_left) {
            found->seconds_left = left;
        }
        X509_free(certificate);
    }
    ERR_clear_error();
    fclose(file);
    return 0;
}

const char *ct_library(void) { return curl_version(); }

const char *ct_usual_roots(void) { return curl_version_info(CURLVERSION_NOW)->cainfo; }
