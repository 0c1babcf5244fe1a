/* An allocator for tests: malloc that counts, poisons, checks the sizes that come back, and tells of leaks. */
#ifndef TEST_ALLOC_H
#define TEST_ALLOC_H

#include "hepta/stack.h"

struct test_alloc {
    struct hp_allocator allocator;  /* give &a.allocator to hp_config */
    size_t bytes, blocks;           /* held now  */
    size_t bytes_max;               /* the most ever */
    uint64_t calls;
    uint64_t fail_at;               /* the n-th call from now answers NULL (1 = the next); 0 = never */
};

void test_alloc_init(struct test_alloc *a);
/* Fails the test if anything is still held. */
void test_alloc_end(const struct test_alloc *a);

#endif
