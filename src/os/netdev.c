/* A network device of this machine's kernel: its state, size and addresses, by the classic ioctls. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/netdev.h"

static struct ifreq netdev_request(const char *name)
{
    struct ifreq r;
    memset(&r, 0, sizeof r);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", name);
    return r;
}

/* One ioctl; answers 0 or errno. */
static int netdev_ioctl(int family, unsigned long request, void *r)
{
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    int error = ioctl(fd, request, r) < 0 ? errno : 0;
    close(fd);
    return error;
}

int netdev_check_name(const struct wire_url *u)
{
    size_t n = strlen(u->name);
    if (n > 0 && n < IFNAMSIZ && !strpbrk(u->name, "/ %")) return HP_OK;
    return wire_fail(u, HP_EINVAL, "%s:%s: a device name of 1 to %d letters is wanted, such as %s:hepta0", u->scheme, u->name,
                     IFNAMSIZ - 1, u->scheme);
}

uint32_t netdev_mtu(const char *name)
{
    struct ifreq r = netdev_request(name);
    return netdev_ioctl(AF_INET, SIOCGIFMTU, &r) == 0 && r.ifr_mtu > 0 ? (uint32_t)r.ifr_mtu : 1500;
}

int netdev_set_mtu(const struct wire_url *u, uint32_t mtu)
{
    struct ifreq r = netdev_request(u->name);
    if (netdev_mtu(u->name) == mtu) return HP_OK;
    r.ifr_mtu = (int)mtu;
    int error = netdev_ioctl(AF_INET, SIOCSIFMTU, &r);
    if (!error) return HP_OK;
    return wire_fail(u, HP_EACCES, "the MTU of %s cannot be set to %u (%s): as root: ip link set %s mtu %u", u->name, mtu,
                     strerror(error), u->name, mtu);
}

void netdev_set_queue(const char *name, int frames)
{
    struct ifreq r = netdev_request(name);
    if (netdev_ioctl(AF_INET, SIOCGIFTXQLEN, &r) || r.ifr_qlen >= frames) return;
    r.ifr_qlen = frames;
    netdev_ioctl(AF_INET, SIOCSIFTXQLEN, &r);
}

int netdev_set_up(const struct wire_url *u)
{
    struct ifreq r = netdev_request(u->name);
    int error = netdev_ioctl(AF_INET, SIOCGIFFLAGS, &r);
    if (!error && r.ifr_flags & IFF_UP) return HP_OK;
    if (!error) {
        r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
        error = netdev_ioctl(AF_INET, SIOCSIFFLAGS, &r);
    }
    if (!error) return HP_OK;
    return wire_fail(u, error == EPERM ? HP_EACCES : HP_EIO, "%s is down (%s): run \"sudo ip link set %s up\"", u->name,
                     strerror(error), u->name);
}

static int netdev_add4(const char *name, const struct hp_prefix *p)
{
    struct ifreq r = netdev_request(name);
    struct sockaddr_in a = {.sin_family = AF_INET};
    memcpy(&a.sin_addr, p->ip.b + 12, 4);
    memcpy(&r.ifr_addr, &a, sizeof a);
    int error = netdev_ioctl(AF_INET, SIOCSIFADDR, &r);
    if (error) return error;
    unsigned bits = p->len - 96u;
    a.sin_addr.s_addr = htonl(bits ? UINT32_MAX << (32 - bits) : 0);
    memcpy(&r.ifr_netmask, &a, sizeof a);
    return netdev_ioctl(AF_INET, SIOCSIFNETMASK, &r);
}

static int netdev_add6(const char *name, const struct hp_prefix *p)
{
    struct in6_ifreq r = {.ifr6_prefixlen = p->len, .ifr6_ifindex = (int)if_nametoindex(name)};
    memcpy(&r.ifr6_addr, p->ip.b, 16);
    int error = netdev_ioctl(AF_INET6, SIOCSIFADDR, &r);
    return error == EEXIST ? 0 : error;
}

int netdev_add_address(const struct wire_url *u, const char *prefix)
{
    struct hp_prefix p;
    if (!hp_prefix_parse(prefix, &p))
        return wire_fail(u, HP_EINVAL, "%s:%s: host=%s: ADDRESS/LENGTH is wanted, such as host=10.0.0.1/24", u->scheme, u->name, prefix);
    int error = hp_ip_is4(&p.ip) ? netdev_add4(u->name, &p) : netdev_add6(u->name, &p);
    if (!error) return HP_OK;
    return wire_fail(u, error == EPERM ? HP_EACCES : HP_EIO, "%s cannot be given the address %s (%s): as root: ip addr add %s dev %s",
                     u->name, prefix, strerror(error), prefix, u->name);
}
