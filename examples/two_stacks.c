/* Two stacks talking in one process: a TCP echo over a cable with delay and loss, in virtual time, without threads, sockets
 * of the system, or privileges.
 *
 * There is no lab here, to show that there is no magic in it: a stack says when it wants to be called again, a cable says
 * when a frame is due, and the loop lets the earliest of them happen. */
#include <hepta/net.h>
#include <hepta/os.h>
#include <hepta/physical.h>
#include <hepta/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 7 };
static const char question[] = "hello, is anybody there?";

static void check(const char *what, int result)
{
    if (result >= 0 || result == HP_EINPROGRESS) return;
    fprintf(stderr, "%s: %s\n", what, hp_err_text(result));
    exit(1);
}

/* A host with one address, at one end of the cable. */
static struct hp_stack *host(const char *name, struct hp_wire *wire, struct hp_ip ip)
{
    struct hp_config config = {.name = name, .allocator = hp_os_allocator(), .seed = 42};
    struct hp_stack *s = hp_stack_new(&config);
    if (!s) exit(1);
    int link = hp_link_add(s, wire, NULL);
    check("link", link);
    check("address", hp_addr_add(s, link, &(struct hp_prefix){ip, 120}, 0)); /* a /24: 96 bits say that it is IPv4 */
    return s;
}

/* The server: accepts what comes, sends back what it reads.  Called whenever a socket of its stack became ready. */
static void serve(struct hp_sock *listener, struct hp_sock *ready)
{
    if (ready == listener) {
        struct hp_sock *connection;
        while (hp_accept(listener, &connection, NULL) == HP_OK) continue;
        return;
    }
    char buffer[2048];
    for (int64_t n; (n = hp_recv(ready, buffer, sizeof buffer, 0)) != HP_EAGAIN;) {
        if (n <= 0) { /* the client has closed, or the connection broke */
            hp_close(ready);
            return;
        }
        hp_send(ready, buffer, (size_t)n, 0);
    }
}

int main(void)
{
    struct hp_way way = {.rate = 10000000, .delay = HP_MS(5), .faults.loss = UINT32_MAX / 10};
    struct hp_cable *cable = hp_cable_new(hp_os_allocator(), 42, &(struct hp_cable_config){.way = way});
    if (!cable) return 1;
    struct hp_stack *client = host("client", hp_cable_end(cable, 0), hp_ip4(10, 0, 0, 1));
    struct hp_stack *server = host("server", hp_cable_end(cable, 1), hp_ip4(10, 0, 0, 2));

    struct hp_sock *listener, *sock;
    check("socket", hp_socket(server, HP_STREAM, 0, &listener));
    check("bind", hp_bind(listener, &(struct hp_endpoint){.port = PORT}));
    check("listen", hp_listen(listener, 16));
    check("socket", hp_socket(client, HP_STREAM, 0, &sock));
    check("connect", hp_connect(sock, &(struct hp_endpoint){.ip = hp_ip4(10, 0, 0, 2), .port = PORT}));

    char answer[sizeof question] = "";
    size_t got = 0;
    hp_time now = 0;
    bool sent = false;
    while (got < sizeof question - 1 && now < HP_S(60)) {
        hp_cable_step(cable, now);
        hp_step(client, now);
        hp_step(server, now);

        unsigned what;
        for (struct hp_sock *ready; (ready = hp_next_ready(server, &what));) serve(listener, ready);
        while (hp_next_ready(client, &what)) {
            if (what & HP_ERROR) return 1;
            if (what & HP_WRITABLE && !sent) sent = hp_send(sock, question, sizeof question - 1, 0) > 0;
            int64_t n = hp_recv(sock, answer + got, sizeof question - 1 - got, 0);
            if (n > 0) got += (size_t)n;
        }

        hp_time next = hp_cable_next(cable); /* the earliest of the three */
        if (hp_deadline(client) < next) next = hp_deadline(client);
        if (hp_deadline(server) < next) next = hp_deadline(server);
        if (next > now) now = next;
    }

    struct hp_cable_stats up, down;
    hp_cable_stats(cable, 0, &up);
    hp_cable_stats(cable, 1, &down);
    char time[HP_TIME_TEXT];
    printf("\"%s\" came back after %s s of virtual time; %d frames were sent, %d of them lost\n", answer,
           hp_time_text(now, time, sizeof time), (int)(up.frames + down.frames), (int)(up.lost + down.lost));
    hp_stack_free(client); /* stacks first: the cable's ends are plugged into them */
    hp_stack_free(server);
    hp_cable_free(cable);
    return strcmp(answer, question) == 0 ? 0 : 1;
}
