/* How servers begin. */
#include "l7_application/listen.h"

#include "hepta/proc.h"

/* False: it is not memory, or programs are to end. */
static bool listen_again(struct hp_stack *s, int err) { return err == HP_ENOMEM && hp_sleep(s, HP_S(1)) == HP_OK; }

int listen_spawn(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes)
{
    int err;
    do err = hp_spawn(s, name, fn, arg, stack_bytes);
    while (listen_again(s, err));
    return err;
}

void *listen_room(struct hp_stack *s, size_t n)
{
    void *room;
    do room = hp_alloc(s, n);
    while (!room && listen_again(s, HP_ENOMEM));
    return room;
}

static int listen_try(struct hp_stack *s, enum hp_sock_type type, uint16_t port, int backlog, struct hp_sock **sock)
{
    struct hp_endpoint any = {.port = port};
    int on = 1, err = hp_socket(s, type, 0, sock);
    if (err) return err;
    if (type == HP_STREAM) hp_setsockopt(*sock, HP_SO_REUSEADDR, &on, sizeof on);
    err = hp_bind(*sock, &any);
    if (!err && type == HP_STREAM) err = hp_listen(*sock, backlog);
    if (err) hp_close(*sock);
    return err;
}

int listen_open(struct hp_stack *s, enum hp_sock_type type, uint16_t port, int backlog, struct hp_sock **sock)
{
    int err;
    do err = listen_try(s, type, port, backlog, sock);
    while (listen_again(s, err));
    return err;
}

int listen_accept(struct hp_stack *s, struct hp_sock *listener, struct hp_sock **sock)
{
    int err;
    while ((err = hp_accept(listener, sock, NULL)) == HP_ENOMEM || err == HP_ECONNABORTED)
        if ((err = hp_sleep(s, HP_MS(10)))) break;
    return err;
}
