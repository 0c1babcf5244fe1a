/* ${...}: whole numbers, + - * / %, parentheses, and the variables. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

enum { EXPR_DEPTH_MAX = 32 };

struct expr {
    struct plan_reader *r;
    const struct plan_turns *turns;
    const struct plan_word *word;
    const char *p;
    unsigned depth;
};

static void expr_skip(struct expr *e) { while (*e->p == ' ') e->p++; }

static bool expr_is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool expr_sum(struct expr *e, int64_t *out);

static bool expr_variable(struct expr *e, int64_t *out)
{
    const char *value, *name = e->p;
    char digits[24];
    size_t n = 0;
    uint64_t v;
    while (expr_is_letter(*e->p)) e->p++;
    if (!plan_variable(e->r, e->turns, e->word, name, (size_t)(e->p - name), &value, &n, digits)) return false;
    if (!n || n > 18 || text_take_u64(value, &v) < n)
        return plan_fail(e->r, e->word, "$%.*s is \"%.*s\" here, which is no number", (int)(e->p - name), name, (int)n, value);
    *out = 0;
    for (size_t i = 0; i < n; i++) *out = *out * 10 + (value[i] - '0');
    return true;
}

static bool expr_number(struct expr *e, int64_t *out)
{
    uint64_t v;
    size_t n = text_take_u64(e->p, &v);
    if (!n || v > INT64_MAX) return plan_fail(e->r, e->word, "in ${...} a number, a variable or ( is missing at \"%s\"", e->p);
    e->p += n;
    *out = (int64_t)v;
    return true;
}

static bool expr_value(struct expr *e, int64_t *out)
{
    if (++e->depth > EXPR_DEPTH_MAX) return plan_fail(e->r, e->word, "${...} is nested more than %d deep", EXPR_DEPTH_MAX);
    expr_skip(e);
    bool ok;
    if (*e->p == '(') {
        e->p++;
        ok = expr_sum(e, out);
        expr_skip(e);
        if (ok && *e->p != ')') return plan_fail(e->r, e->word, "in ${...} a ) is missing");
        e->p += ok;
    } else if (*e->p == '-') {
        e->p++;
        ok = expr_value(e, out);
        if (ok) *out = *out == INT64_MIN ? INT64_MAX : -*out;
    } else if (expr_is_letter(*e->p)) {
        ok = expr_variable(e, out);
    } else {
        ok = expr_number(e, out);
    }
    e->depth--;
    expr_skip(e);
    return ok;
}

static bool expr_product(struct expr *e, int64_t *out)
{
    if (!expr_value(e, out)) return false;
    while (*e->p == '*' || *e->p == '/' || *e->p == '%') {
        char op = *e->p++;
        int64_t b;
        bool over = false;
        if (!expr_value(e, &b)) return false;
        if (op != '*' && b == 0) return plan_fail(e->r, e->word, "${...} divides by 0");
        if (op == '*') over = __builtin_mul_overflow(*out, b, out);
        else if (b == -1) over = op == '/' ? __builtin_sub_overflow((int64_t)0, *out, out) : (*out = 0, false);
        else *out = op == '/' ? *out / b : *out % b;
        if (over) return plan_fail(e->r, e->word, "${...} is too large");
    }
    return true;
}

static bool expr_sum(struct expr *e, int64_t *out)
{
    if (!expr_product(e, out)) return false;
    while (*e->p == '+' || *e->p == '-') {
        char op = *e->p++;
        int64_t b;
        if (!expr_product(e, &b)) return false;
        if (op == '+' ? __builtin_add_overflow(*out, b, out) : __builtin_sub_overflow(*out, b, out))
            return plan_fail(e->r, e->word, "${...} is too large");
    }
    return true;
}

const char *plan_expr(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *p, int64_t *out)
{
    struct expr e = {r, t, w, p, 0};
    return expr_sum(&e, out) ? e.p : NULL;
}
