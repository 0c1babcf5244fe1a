/* The operating system's edge: clock, entropy, memory, the run loop, and wires that lead out of the process.
 *
 * The only part of the library with system calls.  Everything here is optional: whoever has a loop of their own calls hp_step(). */
#ifndef HEPTA_OS_H
#define HEPTA_OS_H

#include "hepta/stack.h"
#include "hepta/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a stack needs from outside ---- */
const struct hp_allocator *hp_os_allocator(void);   /* malloc and free                                      */
/* Memory for labs of many machines: blocks that begin on cache lines, in huge pages where the system has some.  What is given back is kept for
 * blocks of the same size; all of it goes back to the system with the arena.  For any number of threads.  NULL without memory. */
struct hp_arena;
struct hp_arena *hp_arena_new(void);
const struct hp_allocator *hp_arena_allocator(const struct hp_arena *a);    /* the arena's, as long as it lives */
void hp_arena_free(struct hp_arena *a);             /* everything that came from it has been given back; or NULL */
/* Threads for hp_world_set_workers() (lab.h): `count` of them, the caller among them.  One world at a time.  NULL if there are none to be had. */
struct hp_crew;
struct hp_workers;
struct hp_crew *hp_crew_new(unsigned count);
const struct hp_workers *hp_crew_workers(const struct hp_crew *c);
void hp_crew_free(struct hp_crew *c);               /* or NULL */
unsigned hp_os_cores(void);                         /* that this process may use */
int hp_os_entropy(uint8_t out[32]);                 /* secret bytes; HP_EIO                                 */
hp_time hp_os_now(void);                            /* the monotonic clock                                  */
hp_time hp_os_unix_time(void);                      /* nanoseconds since 1970: for captures and logs        */

/* ---- the run loop ----
 * One thread, any number of stacks.  A turn: frames that came are read from the wires, hp_step, programs until they are quiet, hp_step. */
struct hp_loop;

int  hp_loop_new(struct hp_loop **out);                         /* HP_ENOMEM, HP_EIO                            */
void hp_loop_free(struct hp_loop *l);                           /* free the stacks first: their wires let go    */
int  hp_loop_add(struct hp_loop *l, struct hp_stack *s);
void hp_loop_remove(struct hp_loop *l, struct hp_stack *s);
/* Turns until done(ctx) answers true (asked every turn; NULL = never): HP_OK; hp_os_now() reaches `until`: HP_ETIMEDOUT;
 * hp_loop_stop() was called: HP_ECANCELED. */
int  hp_loop_run(struct hp_loop *l, hp_time until, bool (*done)(void *ctx), void *ctx);
void hp_loop_stop(struct hp_loop *l);                           /* from a signal handler or another thread, too */

/* A descriptor that the loop watches (level-triggered).  The caller keeps the struct until hp_loop_unwatch(). */
struct hp_watch {
    int fd;
    unsigned events;                                            /* enum hp_watch_event; change with hp_loop_watch() */
    void (*ready)(void *ctx, unsigned events);                  /* between steps: may call into stacks          */
    void *ctx;
    bool watched;                                               /* the loop's                                   */
};
enum hp_watch_event { HP_WATCH_READ = 1 << 0, HP_WATCH_WRITE = 1 << 1 };
int  hp_loop_watch(struct hp_loop *l, struct hp_watch *w);      /* HP_EINVAL: cannot be watched                 */
void hp_loop_unwatch(struct hp_loop *l, struct hp_watch *w);

/* ---- wires by name ----
 *   tap:NAME[,OPTION...]      an Ethernet device of this machine's kernel; made if it is not there (needs CAP_NET_ADMIN)
 *   tun:NAME[,OPTION...]      the same for bare IP packets
 *   packet:NAME               everything that passes an existing interface (needs CAP_NET_RAW)
 *   fd:N                      one frame per datagram of an inherited datagram or SEQPACKET socket
 *   pcap:IN[,out=OUT]         the frames of a capture file, with their timing; what is sent goes to OUT
 *   null:                     silence
 * Options of tap and tun: mtu=N; host=ADDRESS/LEN (the kernel's own address on the device, repeatable).  Of tap, tun and packet:
 * offload=off (every frame is one that a real wire could carry: wanted in front of impairments and by routers).
 * The wire belongs to the stack that it is given to (hp_link_add); before that to the caller, who ends it with hp_wire_close().
 * On an error `why` (why_n bytes) says what happened and what to do about it. */
int  hp_wire_open(struct hp_loop *l, const char *url, struct hp_wire **out, char *why, size_t why_n);
void hp_wire_close(struct hp_wire *w);
/* An fd wire on a socket that is not taken over: the caller closes it. */
int  hp_wire_open_fd(struct hp_loop *l, int fd, struct hp_wire **out, char *why, size_t why_n);

/* ---- files ---- */
struct hp_files;
/* The files below one folder, for the HTTP server.  Symbolic links that lead outside are not followed.  HP_ENOENT, HP_ENOMEM. */
int  hp_os_folder(const char *path, struct hp_files *out);
void hp_os_folder_close(struct hp_files *files);

#ifdef __cplusplus
}
#endif
#endif
