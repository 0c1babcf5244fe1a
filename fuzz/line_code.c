/* Line codes: any levels are decoded within bounds, and what was encoded is read again. */
#include "hepta/line_code.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void line_read_any(const struct hp_line_code *code, const uint8_t *data, size_t n)
{
    size_t got, room = n / code->per_byte;
    uint8_t *symbols = malloc(n + 1), *frame = malloc(room + 1);
    if (!symbols || !frame) abort();
    for (size_t i = 0; i < n; i++) symbols[i] = (uint8_t)(data[i] % code->levels);
    code->decode(symbols, n, frame, room, &got);
    assert(got <= room);
    free(symbols);
    free(frame);
}

static void line_read_back(const struct hp_line_code *code, const uint8_t *data, size_t n)
{
    size_t symbols = code->symbols(n), got;
    uint8_t *s = malloc(symbols), *frame = malloc(n + 1);
    if (!s || !frame) abort();
    code->encode(data, n, s);
    enum hp_drop why = code->decode(s, symbols, frame, n, &got);
    assert(got == n && memcmp(frame, data, n) == 0 && why == (n < 18 ? HP_DROP_WIRE_FRAGMENT : HP_DROP_NONE));
    free(s);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_line_run runs[HP_LINE_RUNS_MAX];
    for (unsigned i = 0; hp_line_code_at(i); i++) {
        line_read_any(hp_line_code_at(i), data, n);
        line_read_back(hp_line_code_at(i), data, n);
    }
    assert(hp_line_code_runs((struct hp_bytes){data, n}, runs) <= HP_LINE_RUNS_MAX);
    return 0;
}
