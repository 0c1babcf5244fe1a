/* DNS messages (RFC 1035, RFC 3596, RFC 2782, RFC 6891), read and written; names as RFC 9267 wants them read. */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include "wire/ip.h"

enum {
    DNS_HEADER    = 12,
    DNS_NAME_MAX  = 255,        /* octets on the wire, with the root's zero (RFC 1035 2.3.4) */
    DNS_LABEL_MAX = 63,
    DNS_TEXT      = 1012,       /* buffer for any name as text: every octet as \ddd, and the NUL */
    DNS_UDP_MAX   = 512,        /* of a message over UDP without EDNS */
};

enum dns_type {
    DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_HINFO = 13, DNS_MX = 15, DNS_TXT = 16, DNS_RP = 17,
    DNS_AFSDB = 18, DNS_AAAA = 28, DNS_SRV = 33, DNS_NAPTR = 35, DNS_DNAME = 39, DNS_OPT = 41, DNS_DS = 43, DNS_SSHFP = 44,
    DNS_RRSIG = 46, DNS_NSEC = 47, DNS_DNSKEY = 48, DNS_TLSA = 52, DNS_SVCB = 64, DNS_HTTPS = 65, DNS_SPF = 99, DNS_IXFR = 251,
    DNS_AXFR = 252, DNS_ANY = 255, DNS_CAA = 257,
};
enum dns_class { DNS_IN = 1, DNS_CH = 3, DNS_CLASS_NONE = 254, DNS_CLASS_ANY = 255, DNS_MDNS_BIT = 0x8000 };
enum dns_opcode { DNS_QUERY = 0, DNS_STATUS = 2, DNS_NOTIFY = 4, DNS_UPDATE = 5 };
enum dns_rcode { DNS_NOERROR = 0, DNS_FORMERR = 1, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_NOTIMP = 4, DNS_REFUSED = 5,
                 DNS_BADVERS = 16 };
enum dns_section { DNS_QUESTION, DNS_ANSWER, DNS_AUTHORITY, DNS_ADDITIONAL, DNS_SECTIONS };

/* ---- names ---- */

/* A name as on the wire without compression: labels with a length in front, and the root's 0 at the end. */
struct dns_name {
    uint8_t n;                  /* bytes used, 1..255 */
    uint8_t b[DNS_NAME_MAX];
};

/* Reads the name at offset `at` of the message into *name.  Answers the offset after it, 0 if it is malformed:
 * pointers must point backwards, to `floor` or later, each further back than the one before (RFC 9267 2.1); so the
 * work is bounded by the message, and the result by 255 octets. */
size_t dns_name_read(struct hp_bytes message, size_t floor, size_t at, struct dns_name *name);
/* From text: "www.example.org", with or without the dot at the end; "." is the root; \. and \ddd as in RFC 1035 5.1. */
bool dns_name_parse(const char *text, struct dns_name *name);
/* Without the dot at the end ("." for the root).  Writes at most n bytes with the NUL; answers buf. */
char *dns_name_text(const struct dns_name *name, char *buf, size_t n);
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);        /* ASCII case does not matter */
/* RFC 4034 6.1's canonical order: by label from the root, so that all that is below a name follows it at once.  Both as on the wire. */
int dns_name_order(const uint8_t *a, const uint8_t *b);
/* The name without its first label; false for the root. */
bool dns_name_up(const struct dns_name *name, struct dns_name *out);
/* First the labels of `name`, then `zone`; false if that is too long. */
bool dns_name_join(const struct dns_name *name, const struct dns_name *zone, struct dns_name *out);
int dns_name_labels(const struct dns_name *name);       /* without the root's */
/* True if `name` is `zone` or below it. */
bool dns_name_below(const struct dns_name *name, const struct dns_name *zone);
/* The name that asks for an address: 4.3.2.1.in-addr.arpa, ....ip6.arpa (RFC 1035 3.5, RFC 3596 2.5). */
void dns_name_reverse(const struct hp_ip *ip, struct dns_name *name);

/* ---- messages ---- */

/* RFC 1035 4.1.1, RFC 4035 3. */
struct dns_hdr {
    uint16_t id;
    bool response, authoritative, truncated, recursion_desired, recursion_available, authentic, checking_disabled;
    uint8_t opcode, rcode;
    uint16_t count[DNS_SECTIONS];   /* as the sender says; nothing is to be allocated for it */
};

struct dns_question {
    struct dns_name name;
    uint16_t type, class_;
};

/* RFC 1035 3.2.1.  Which of the typed fields are set depends on the type (the others are undefined); classes other than IN
 * and types that we do not know have `data` only. */
struct dns_record {
    struct dns_name name;
    uint16_t type, class_;
    uint32_t ttl;
    enum dns_section section;
    struct hp_bytes data;       /* RDATA as it came; names in it may be compressed */
    struct hp_ip ip;            /* A, AAAA */
    struct dns_name target;     /* NS, CNAME, PTR, DNAME, MX, SRV; SOA's MNAME */
    struct dns_name mail;       /* SOA's RNAME */
    uint16_t priority;          /* MX's preference, SRV */
    uint16_t weight, port;      /* SRV */
    uint32_t serial, refresh_s, retry_s, expire_s, minimum_s;   /* SOA */
    /* OPT (RFC 6891 6.1.3), from class and TTL: */
    uint16_t udp_size;
    uint8_t rcode_high, version;
    bool dnssec_ok;
};

/* A message being read. */
struct dns_msg {
    struct hp_bytes all;
    struct dns_hdr h;
    size_t at;
    uint16_t left[DNS_SECTIONS];    /* entries that were not read yet */
    bool bad;                       /* malformed from here on: FORMERR */
};

/* False if there is no header. */
bool dns_parse(struct hp_bytes in, struct dns_msg *m);
/* The questions first, then all records in order; false at the end, or with m->bad.  dns_record_next() skips
 * questions that were not read. */
bool dns_question_next(struct dns_msg *m, struct dns_question *q);
bool dns_record_next(struct dns_msg *m, struct dns_record *r);
/* Sets the typed fields from r->type, r->class_ and r->data, RDATA without a message around it: names in it are whole.  False: malformed. */
bool dns_record_data(struct dns_record *r);
/* Strings of TXT, one after the other; false at the end.  The lengths were checked by dns_record_next(). */
bool dns_txt_next(struct hp_bytes *left, struct hp_bytes *text);
/* Options of OPT; false at the end. */
bool dns_opt_next(struct hp_bytes *left, uint16_t *code, struct hp_bytes *data);

/* ---- types and RDATA as text (dns_data.c; RFC 1035 5, RFC 3597) ----
 * How RDATA of a type is laid out, a letter for each field: n name, b s l numbers of 8, 16 and 32 bits, t a time of 32 bits in seconds, 4 6
 * addresses, q string, Q one or more strings to the end, c word with a length (CAA), v the rest as a string, x the rest in hexadecimal,
 * k the rest in base64.  NULL: a type that only RFC 3597's \# form can write. */
const char *dns_type_layout(uint16_t type);
enum { DNS_TYPE_TEXT = 10 };
const char *dns_type_text(uint16_t type, char buf[DNS_TYPE_TEXT]);      /* "MX", "TYPE65280" */
bool dns_type_parse(const char *text, size_t n, uint16_t *type);        /* the same, in any case; "ANY" and "AXFR" too */
const char *dns_rcode_text(unsigned rcode);                             /* "NXDOMAIN"; NULL if it has no name */
/* RDATA that came in `message`, with its names in full; false: malformed, or no room.  Message = data: RDATA that stands alone. */
bool dns_data_expand(struct hp_bytes message, struct hp_bytes data, uint16_t type, struct writer *out);
/* Expanded RDATA as a master file has it: what does not fit into n bytes (with the NUL) is left out; answers buf. */
char *dns_data_text(uint16_t type, struct hp_bytes data, char *buf, size_t n);

/* ---- writing ---- */
enum { DNS_WRITER_NAMES_MAX = 32 };

/* A message being written: what does not fit is left out, and the TC bit says so at the end. */
struct dns_writer {
    struct writer w;
    struct dns_hdr h;
    uint16_t name_at[DNS_WRITER_NAMES_MAX];     /* where (suffixes of) names are that pointers can lead to, */
    uint8_t name_n[DNS_WRITER_NAMES_MAX];       /* and how long each is: few need to be compared */
    uint8_t name_count;
};

/* n is at least DNS_HEADER.  The counts in h are not read. */
struct dns_writer dns_write_start(uint8_t *out, size_t n, const struct dns_hdr *h);
bool dns_write_question(struct dns_writer *w, const struct dns_question *q);
/* In r->section, which must not go back.  The typed fields make the RDATA of the types that have them; r->data that of
 * all others (which is copied, so it must not hold compressed names). */
bool dns_write_record(struct dns_writer *w, const struct dns_record *r);
/* Fills in the header.  How many bytes. */
size_t dns_write_end(struct dns_writer *w);

#endif
