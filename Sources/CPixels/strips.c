#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "Strips.h"

#define MOST_THREADS 64

struct run {
    kn_strip_work work;
    void *context;
    int strips;
    atomic_int next;
    atomic_int result;
    int64_t spent[MOST_THREADS];
};

struct seat {
    struct run *run;
    int thread;
};

static int64_t processor_time(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *take_strips(void *seat) {
    struct run *run = ((struct seat *) seat)->run;
    int thread = ((struct seat *) seat)->thread;
    int64_t start = processor_time();
    while (atomic_load(&run->result) == KN_DONE) {
        int strip = atomic_fetch_add(&run->next, 1);
        if (strip >= run->strips) break;
        kn_result result = run->work(run->context, strip, thread);
        int well = KN_DONE;
        if (result != KN_DONE) atomic_compare_exchange_strong(&run->result, &well, (int) result);
    }
    run->spent[thread] = processor_time() - start;
    return NULL;
}

kn_result kn_strips(int threads, int strips, kn_strip_work work, void *context, int64_t *busiest) {
    struct run run = {.work = work, .context = context, .strips = strips};
    struct seat seats[MOST_THREADS];
    pthread_t others[MOST_THREADS];
    int begun = 0;
    if (threads > strips) threads = strips;
    if (threads > MOST_THREADS) threads = MOST_THREADS;
    for (int thread = 1; thread < threads; thread++) {
        seats[thread] = (struct seat){&run, thread};
        if (pthread_create(&others[begun], NULL, take_strips, &seats[thread])) break;
        begun++;
    }
    seats[0] = (struct seat){&run, 0};
    take_strips(&seats[0]);
    for (int other = 0; other < begun; other++) pthread_join(others[other], NULL);
    if (busiest) {
        *busiest = 0;
        for (int thread = 0; thread <= begun; thread++)
            if (run.spent[thread] > *busiest) *busiest = run.spent[thread];
    }
    return (kn_result) atomic_load(&run.result);
}
