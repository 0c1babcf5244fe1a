/* A filter of frames in the words of Wireshark: tcp.flags.syn == 1 && !(ip.dst == 10.0.0.1).
 *
 *   filter     = and { ("||" | "or") and }          and  = unary { ("&&" | "and") unary }
 *   unary      = ("!" | "not") unary | "(" filter ")" | FIELD [comparison VALUE]
 *   comparison = "==" "!=" "<" "<=" ">" ">=" "contains"
 *
 * FIELD is a name that dissect() gives, frame.len (bytes on the wire), frame.comment, or another of wire/field.h: ip.addr and tcp.port are
 * those of either side.  A filter sees one frame, so there is tcp.seq_raw and no tcp.seq, which counts since a connection's first.  Alone a field holds if
 * the frame has it and it is not 0 (so tcp.flags.syn is a SYN).  VALUE is a number (decimal, or hexadecimal after 0x), or text, in quotes if it
 * has blanks or operators in it; order is a matter of numbers.  A field that a frame has more than once is meant by any of its values; "!=":
 * there is one and none is equal. */
#ifndef WIRE_FILTER_H
#define WIRE_FILTER_H

#include "wire/dissect.h"
#include "wire/field.h"

enum { FILTER_NODES_MAX = 24, FILTER_FIELD_MAX = 40, FILTER_VALUE_MAX = 64, FILTER_DEPTH_MAX = 16 };

enum compare { COMPARE_NONE, COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE, COMPARE_CONTAINS };

struct filter_node {
    enum { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_FIELD } kind;
    uint8_t a, b;                       /* operands */
    uint8_t op;                         /* enum compare; COMPARE_NONE: it is there and not 0 */
    bool number;
    const char *others[FIELD_OTHERS_MAX]; /* what it is called by dissect(), if otherwise */
    char field[FILTER_FIELD_MAX], text[FILTER_VALUE_MAX];
    uint64_t value;
};

struct filter {
    struct filter_node node[FILTER_NODES_MAX];
    uint8_t count, root;
};

/* Where a filter is read from: the current token, and how to get the next one. */
struct filter_words {
    const char *token;                  /* "" and not quoted: the end */
    bool quoted;
    void (*next)(struct filter_words *w);
    const char *const *nearest;         /* set if something is wrong with the token: the words that fit there, or NULL */
};

/* Reads as far as the filter goes; what comes after it is w->token.  Answers NULL, or what is wanted in place of w->token. */
const char *filter_read(struct filter_words *w, struct filter *out);
/* Reads all of a text.  Answers NULL, or what is wanted instead of wrong->at[0..wrong->n), which is empty at the end. */
struct filter_wrong {
    const char *at;
    size_t n;
    const char *const *nearest;         /* words that fit there, or NULL */
};
const char *filter_parse(const char *text, struct filter *out, struct filter_wrong *wrong);

/* How tokens are told apart outside of quotes: the length of the operator that s begins with, or 0. */
size_t filter_operator(const char *s);
enum compare filter_compare_of(const char *token);      /* COMPARE_NONE if it is no comparison */

struct filter_frame {
    struct hp_bytes data;               /* without its FCS */
    enum dissect_link link;
    uint64_t length;                    /* on the wire, when `data` may be cut */
    const char *comment;                /* or NULL */
};
bool filter_match(const struct filter *f, const struct filter_frame *frame);

#endif
