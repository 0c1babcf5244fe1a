/* malloc with a header that remembers the size. */
#include "support/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "support/test.h"

enum { TEST_ALLOC_HEAD = 16 };

static void *test_alloc_alloc(void *ctx, size_t n)
{
    struct test_alloc *a = ctx;
    a->calls++;
    if (a->fail_at && --a->fail_at == 0) return NULL;
    uint8_t *p = malloc(TEST_ALLOC_HEAD + n);
    assert_non_null(p);
    memcpy(p, &n, sizeof n);
    memset(p + TEST_ALLOC_HEAD, 0xa5, n);
    a->bytes += n;
    a->blocks++;
    if (a->bytes > a->bytes_max) a->bytes_max = a->bytes;
    return p + TEST_ALLOC_HEAD;
}

static void test_alloc_free(void *ctx, void *p, size_t n)
{
    struct test_alloc *a = ctx;
    size_t was;
    uint8_t *block = (uint8_t *)p - TEST_ALLOC_HEAD;
    memcpy(&was, block, sizeof was);
    assert_int_equal(was, n);
    memset(p, 0xdd, n);
    a->bytes -= n;
    a->blocks--;
    free(block);
}

void test_alloc_init(struct test_alloc *a)
{
    *a = (struct test_alloc){.allocator = {test_alloc_alloc, test_alloc_free, a}};
}

void test_alloc_end(const struct test_alloc *a)
{
    if (a->blocks) fail_msg("leaked %zu bytes in %zu blocks", a->bytes, a->blocks);
}
