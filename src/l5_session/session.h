/* The face of layer 5: what its files share.  The layers above use include/hepta/socket.h. */
#ifndef L5_SESSION_H
#define L5_SESSION_H

#include "core/stack.h"

/* ---- options.c ---- */
/* Options that are the same for every kind; HP_ENOPROTOOPT: the kind's. */
int option_set(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n);
int option_get(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n);
/* HP_OK, HP_ENOPROTOOPT, HP_EINVAL (size or range): before anybody looks at the value. */
int option_check(enum hp_opt opt, const void *value, size_t n);

#endif
