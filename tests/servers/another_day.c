/* The wall clock of another day, for a program that is started with this in LD_PRELOAD.

   Whoever asks what time it is hears it SHIFT seconds later (or earlier: SHIFT may be negative);
   clocks that only measure how long go on as they are, so that every wait lasts as long as it says.
   Debian's faketime 0.9.10 does not serve here: it breaks either time.sleep() or threading's waits
   of Python 3.11, which ask the steady clock for both. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SHIFT
#error "say -DSHIFT=SECONDS"
#endif

typedef int asks(clockid_t, struct timespec *);

/* Every process asks this first of all, before there is a second thread. */
static asks *real(void) {
    static asks *found;
    if (found == NULL) found = (asks *)dlsym(RTLD_NEXT, "clock_gettime");
    return found;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = real()(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += SHIFT;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec told;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &told);
    if (!failed) {
        now->tv_sec = told.tv_sec;
        now->tv_usec = told.tv_nsec / 1000;
    }
    return failed;
}

time_t time(time_t *now) {
    struct timespec told;
    clock_gettime(CLOCK_REALTIME_COARSE, &told);
    if (now != NULL) *now = told.tv_sec;
    return told.tv_sec;
}
