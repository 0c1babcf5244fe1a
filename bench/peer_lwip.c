/* lwIP's bulk TCP goodput on this machine, for comparison: Debian's liblwip as it comes (MSS 1460, windows of 64 KiB), both ends in one
 * process, over an interface's loopback, raw API.  Prints one line as bench/tcp does; the CPU time of all its threads counts. */
#include <lwip/netif.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PEER_PORT = 5001, PEER_PIECE = 16384 };

static volatile uint64_t received;
static uint64_t sent, total;
static char piece[PEER_PIECE];

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void fill(struct tcp_pcb *pcb)
{
    while (sent < total && tcp_sndbuf(pcb) >= PEER_PIECE) {
        if (tcp_write(pcb, piece, PEER_PIECE, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
        sent += PEER_PIECE;
    }
    tcp_output(pcb);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
    fill(pcb);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    fill(pcb);
    return ERR_OK;
}

static err_t on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    static char sink[PEER_PIECE];
    if (!p) return ERR_OK;
    for (u16_t at = 0; at < p->tot_len;) at = (u16_t)(at + pbuf_copy_partial(p, sink, sizeof sink, at));
    received += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    tcp_recv(pcb, on_recv);
    return ERR_OK;
}

static err_t nowhere(struct netif *n, struct pbuf *p, const ip4_addr_t *to) { return ERR_OK; }

static err_t netif_start(struct netif *n)
{
    n->name[0] = 'p';
    n->name[1] = 'r';
    n->mtu = 1500;
    n->output = nowhere;
    return ERR_OK;
}

static void start(void *arg)
{
    static struct netif netif;
    ip4_addr_t address, mask;
    ip_addr_t to;
    IP4_ADDR(&address, 10, 0, 0, 1);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    netif_add(&netif, &address, &mask, NULL, NULL, netif_start, tcpip_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    netif_set_link_up(&netif);
    struct tcp_pcb *l = tcp_new(), *c = tcp_new();
    IP_ADDR4(&to, 10, 0, 0, 1);
    tcp_bind(l, IP_ADDR_ANY, PEER_PORT);
    l = tcp_listen(l);
    tcp_accept(l, on_accept);
    tcp_sent(c, on_sent);
    tcp_connect(c, &to, PEER_PORT, on_connected);
}

int main(int argc, char **argv)
{
    total = (argc > 1 ? (uint64_t)atoll(argv[1]) : 500) * 1000000;
    tcpip_init(NULL, NULL);
    double began = cpu_seconds();
    tcpip_callback(start, NULL);
    for (int quiet = 0; received < total; quiet++) {
        uint64_t before = received;
        usleep(10000);
        if (received != before) quiet = 0;
        if (quiet > 500) {
            fprintf(stderr, "lwIP stopped at %llu of %llu bytes\n", (unsigned long long)received, (unsigned long long)total);
            return 1;
        }
    }
    double took = cpu_seconds() - began;
    printf("%-28s %14.1f %-18s %s\n", "lwip_bulk_mtu1500", (double)received * 8e-9 / took, "Gbit/s", "per second of CPU time, both ends");
    return 0;
}
