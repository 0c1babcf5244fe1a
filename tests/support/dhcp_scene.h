/* A DHCP server, 10.0.0.2 with the pool 10.0.0.100 to 102, and a client on the other host that says what the test wants. */
#ifndef TEST_DHCP_SCENE_H
#define TEST_DHCP_SCENE_H

#include "hepta/dhcp.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/dhcp4.h"

enum { DHCP_SCENE_ETH = 2, DHCP_SCENE_EVENTS_MAX = 256 };

struct dhcp_scene {
    struct pair p;                      /* a: clients; b: 10.0.0.2, the server */
    struct hp_dhcp_server d;
    struct hp_sock *client;             /* a scripted one */
    struct hp_dhcp_event event[DHCP_SCENE_EVENTS_MAX];
    unsigned events;
};

struct dhcp_scene *dhcp_scene_new(void);        /* c->d may be changed now ... */
void dhcp_scene_serve(struct dhcp_scene *c);    /* ... before it serves */
struct dhcp_scene *dhcp_scene_open(void);       /* both */
void dhcp_scene_close(struct dhcp_scene *c);
void dhcp_scene_wait(struct dhcp_scene *c, int ms);
unsigned dhcp_scene_events(const struct dhcp_scene *c, enum hp_dhcp_what what);     /* how many there were */

/* ---- the scripted client: 02:00:00:00:09:mac ---- */
struct dhcp4_msg dhcp_scene_message(uint8_t type, uint8_t mac);
void dhcp_scene_request(struct dhcp4_msg *m, const struct hp_ip *server, const struct hp_ip *ip);  /* either may be NULL */
void dhcp_scene_say(struct dhcp_scene *c, const struct dhcp4_msg *m, const struct hp_ip *to);      /* NULL = to everybody */
/* The answer's type, 0 = none. */
uint8_t dhcp_scene_hear(struct dhcp_scene *c, struct dhcp4_msg *m);
/* DISCOVER, OFFER, REQUEST, ACK; answers the last number of the address, 0 = no offer. */
uint8_t dhcp_scene_bind(struct dhcp_scene *c, uint8_t mac);
uint8_t dhcp_scene_last(const struct hp_ip *ip);

#endif
