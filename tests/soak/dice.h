/* Random choices that a seed repeats (splitmix64); each thread has its own. */
#ifndef MATRIX_CAPI_TESTS_SOAK_DICE_H
#define MATRIX_CAPI_TESTS_SOAK_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *dice) {
    uint64_t mixed = (dice->state += UINT64_C(0x9e3779b97f4a7c15));
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* A number from 0 to below `sides`. */
static inline int below(struct dice *dice, int sides) {
    return (int)(roll(dice) % (uint64_t)sides);
}

static inline bool one_in(struct dice *dice, int sides) { return below(dice, sides) == 0; }

static inline struct dice dice_of(uint64_t seed, int thread) {
    struct dice dice = {seed * 1000 + (uint64_t)thread};
    return dice;
}

#endif
