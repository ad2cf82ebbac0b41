// Whether an address is free to be listened on.

#define _GNU_SOURCE
#include "CLinuxShim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int lx_try_bind(const char *address, uint16_t port) {
    struct sockaddr_in old = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 new = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int is_old = inet_pton(AF_INET, address, &old.sin_addr) == 1;
    if (!is_old && inet_pton(AF_INET6, address, &new.sin6_addr) != 1) return -EINVAL;
    int descriptor = socket(is_old ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    // With it a socket that listens is in the way, and one that is closing or only bound is not.
    int yes = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const struct sockaddr *name = is_old ? (const struct sockaddr *) &old : (const struct sockaddr *) &new;
    int failed = bind(descriptor, name, is_old ? sizeof old : sizeof new) != 0 ? -errno : 0;
    close(descriptor);
    return failed;
}
