/* A containerlab topology (containerlab.dev/manual/topo-def-file) as lab language.  The only file that knows libyaml.
 *
 * Nodes and links are taken, in the short form (endpoints: ["a:eth1", "b:eth1"]) and the extended one (endpoints as objects with node,
 * interface and mac).  Links to what is no node (host:, mgmt-net:, macvlan:) are left out with a warning.  Binds and commands have no
 * meaning here.  bridge and ovs-bridge become switches, kinds and images of routers (FRR, BIRD, ...) routers, all others hosts. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "plan.h"

enum { CLAB_MTU_MIN = 68, CLAB_MTU_MAX = 65535, CLAB_INTERFACE_MAX = 15 };

struct clab {
    yaml_document_t doc;
    FILE *out;
    char *why;
    size_t why_n;
    bool failed;
    unsigned skipped;           /* links that leave the lab */
};

static bool __attribute__((format(printf, 3, 4))) clab_fail(struct clab *c, const yaml_mark_t *mark, const char *format, ...)
{
    va_list args;
    if (c->failed) return false;
    c->failed = true;
    int n = snprintf(c->why, c->why_n, "%zu:%zu: ", mark->line + 1, mark->column + 1);
    va_start(args, format);
    if (n >= 0 && (size_t)n < c->why_n) vsnprintf(c->why + n, c->why_n - (size_t)n, format, args);
    va_end(args);
    return false;
}

static const char *clab_text(const yaml_node_t *n)
{
    return n && n->type == YAML_SCALAR_NODE && strlen((const char *)n->data.scalar.value) == n->data.scalar.length ? (const char *)n->data.scalar.value : NULL;
}

static yaml_node_t *clab_get(struct clab *c, const yaml_node_t *map, const char *key)
{
    if (!map || map->type != YAML_MAPPING_NODE) return NULL;
    for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
        const char *name = clab_text(yaml_document_get_node(&c->doc, p->key));
        if (name && strcmp(name, key) == 0) return yaml_document_get_node(&c->doc, p->value);
    }
    return NULL;
}

/* ---- names: what a lab file allows ---- */

static bool clab_put_name(struct clab *c, const yaml_node_t *at, const char *name, size_t n)
{
    bool ok = n > 0;
    for (size_t i = 0; i < n && ok; i++) {
        unsigned char ch = (unsigned char)name[i];
        ok = ch >= 0x80 || (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || strchr("-_.+", ch);
    }
    if (!ok) return clab_fail(c, &at->start_mark, "\"%.*s\" cannot be a name in a lab file (letters, digits, - _ . +)", (int)(n < 60 ? n : 60), name);
    fprintf(c->out, " \"%.*s\"", (int)n, name);
    return true;
}

/* As a lab file can have it, which machines here can have, too: "ethernet-1/1" is ethernet-1-1, GigabitEthernet0/0/0/1 Gi0-0-0-1. */
static void clab_interface(const char *name, char out[CLAB_INTERFACE_MAX + 1])
{
    size_t n = 0, digit = strcspn(name, "0123456789");
    bool brief = strlen(name) > CLAB_INTERFACE_MAX;
    for (size_t i = 0; name[i] && n < CLAB_INTERFACE_MAX; i++) {
        char ch = name[i];
        bool plain = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || strchr("-_+", ch);
        if (brief && i >= 2 && i < digit) continue;
        out[n++] = plain ? ch : '-';
    }
    out[n] = 0;
}

/* ---- nodes ---- */

/* A node's own, else its group's, its kind's, or the default: containerlab.dev/manual/topo-def-file.  NULL: nobody has it. */
static const char *clab_of_node(struct clab *c, const yaml_node_t *topology, const yaml_node_t *node, const char *kind, const char *key)
{
    const char *text = clab_text(clab_get(c, node, key)), *group = clab_text(clab_get(c, node, "group"));
    if (!text && group) text = clab_text(clab_get(c, clab_get(c, clab_get(c, topology, "groups"), group), key));
    if (!text && kind) text = clab_text(clab_get(c, clab_get(c, clab_get(c, topology, "kinds"), kind), key));
    return text ? text : clab_text(clab_get(c, clab_get(c, topology, "defaults"), key));
}

/* "quay.io/frrouting/frr:9.1": the name of what routes is one of its parts. */
static bool clab_is_router_image(const char *image)
{
    static const char *const routers[] = {"frr", "frrouting", "bird", "bird2", "quagga", "vyos", "gobgp", "holo"};
    for (size_t n; *image; image += n + (image[n] != 0)) {
        n = strcspn(image, "/:@");
        for (size_t i = 0; i < sizeof routers / sizeof *routers; i++)
            if (n == strlen(routers[i]) && memcmp(image, routers[i], n) == 0) return true;
        if (image[n] == '@') break;
    }
    return false;
}

static const char *clab_becomes(const char *kind, const char **note)
{
    static const struct { const char *kind, *becomes; } known[] = {{"linux", "host"}, {"host", "host"}, {"bridge", "switch"}, {"ovs-bridge", "switch"}};
    static const char *const routers[] = {"srl", "nokia_srlinux", "ceos", "arista_ceos", "crpd", "juniper_crpd", "vr-", "vyos", "xrd", "cisco_xrd",
                                          "frr", "sonic-vs", "bird"};
    *note = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(kind, known[i].kind) == 0) return known[i].becomes;
    *note = kind;
    for (size_t i = 0; i < sizeof routers / sizeof *routers; i++)
        if (strncmp(kind, routers[i], strlen(routers[i])) == 0) return "router";
    return "host";
}

/* "    # kind xrd" */
static void clab_put_comment(FILE *f, const char *what, const char *text)
{
    if (text) fprintf(f, "    # %s ", what);
    for (; text && *text; text++) fputc((unsigned char)*text < 0x20 ? ' ' : *text, f);
}

static const yaml_node_t *clab_item(struct clab *c, const yaml_node_t *list, size_t i)
{
    if (!list || list->type != YAML_SEQUENCE_NODE || i >= (size_t)(list->data.sequence.items.top - list->data.sequence.items.start)) return NULL;
    return yaml_document_get_node(&c->doc, list->data.sequence.items.start[i]);
}

/* The extended form's {node: a, interface: eth1, mac: 02:...}: `if "eth1" mac 02:...` of the node. */
static bool clab_put_mac(struct clab *c, const yaml_node_t *end, const char *name)
{
    const yaml_node_t *at = clab_get(c, end, "mac");
    const char *node = clab_text(clab_get(c, end, "node")), *mac = clab_text(at), *interface = clab_text(clab_get(c, end, "interface"));
    char port[CLAB_INTERFACE_MAX + 1];
    struct hp_mac parsed;
    if (!at || !node || strcmp(node, name) != 0) return true;
    if (!mac || !hp_mac_parse(mac, &parsed) || parsed.b[0] & 1) return clab_fail(c, &at->start_mark, "a mac is a machine's MAC address, as 02:00:00:00:00:01");
    if (!interface) return clab_fail(c, &at->start_mark, "an endpoint with a mac wants an interface");
    clab_interface(interface, port);
    fprintf(c->out, " if \"%s\" mac %s", port, mac);
    return true;
}

static void clab_put_macs(struct clab *c, const yaml_node_t *topology, const char *name)
{
    const yaml_node_t *links = clab_get(c, topology, "links"), *link;
    for (size_t i = 0; (link = clab_item(c, links, i)); i++)
        for (size_t end = 0; end < 2; end++)
            if (!clab_put_mac(c, clab_item(c, clab_get(c, link, "endpoints"), end), name)) return;
}

static bool clab_has_macs(struct clab *c, const yaml_node_t *topology)
{
    const yaml_node_t *links = clab_get(c, topology, "links"), *link;
    for (size_t i = 0; (link = clab_item(c, links, i)); i++)
        for (size_t end = 0; end < 2; end++)
            if (clab_get(c, clab_item(c, clab_get(c, link, "endpoints"), end), "mac")) return true;
    return false;
}

static void clab_nodes(struct clab *c, const yaml_node_t *topology)
{
    yaml_node_t *nodes = clab_get(c, topology, "nodes");
    if (!nodes || nodes->type != YAML_MAPPING_NODE) {
        clab_fail(c, &topology->start_mark, "the topology has no nodes");
        return;
    }
    bool macs = clab_has_macs(c, topology);
    for (yaml_node_pair_t *p = nodes->data.mapping.pairs.start; p < nodes->data.mapping.pairs.top && !c->failed; p++) {
        const yaml_node_t *key = yaml_document_get_node(&c->doc, p->key), *node = yaml_document_get_node(&c->doc, p->value);
        const char *name = clab_text(key), *kind = clab_of_node(c, topology, node, NULL, "kind"), *note, *becomes = clab_becomes(kind ? kind : "linux", &note);
        const char *image = strcmp(becomes, "host") == 0 ? clab_of_node(c, topology, node, kind ? kind : "linux", "image") : NULL;
        bool router = image && clab_is_router_image(image);
        if (!name) {
            clab_fail(c, &key->start_mark, "a node's name must be a text");
            return;
        }
        fputs(router ? "router" : becomes, c->out);
        if (!clab_put_name(c, key, name, strlen(name))) return;
        if (macs) clab_put_macs(c, topology, name);
        clab_put_comment(c->out, router ? "image" : "kind", router ? image : note);
        fputc('\n', c->out);
    }
}

/* ---- links ---- */

/* What a link may end at that is no node: containerlab.dev/manual/links */
static bool clab_is_outside(struct clab *c, const char *name, size_t n)
{
    static const char *const outside[] = {"host", "mgmt-net", "macvlan", "vxlan", "vxlan-stitch", "dummy"};
    const yaml_node_t *nodes = clab_get(c, clab_get(c, yaml_document_get_root_node(&c->doc), "topology"), "nodes");
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        if (n == strlen(outside[i]) && memcmp(name, outside[i], n) == 0) return !clab_get(c, nodes, outside[i]);
    return false;
}

/* "a:eth1", or {node: a, interface: eth1} */
struct clab_end {
    const yaml_node_t *at;
    char node[HP_PLAN_NAME_MAX + 1];
    const char *interface;              /* or NULL */
    bool outside;
};

static bool clab_end(struct clab *c, const yaml_node_t *link, const yaml_node_t *e, struct clab_end *out)
{
    const char *text = clab_text(e), *node = clab_text(clab_get(c, e, "node"));
    const char *colon = text ? strchr(text, ':') : NULL;
    *out = (struct clab_end){.at = e ? e : link, .interface = colon ? colon + 1 : clab_text(clab_get(c, e, "interface"))};
    if (colon) node = text;
    if (!node) return clab_fail(c, &out->at->start_mark, "an endpoint is \"NODE:INTERFACE\", or has a node and an interface");
    size_t n = colon ? (size_t)(colon - text) : strlen(node);
    if (n > HP_PLAN_NAME_MAX) return clab_fail(c, &out->at->start_mark, "the endpoint's name is too long");
    memcpy(out->node, node, n);
    out->outside = clab_is_outside(c, node, n);
    if (out->outside || clab_get(c, clab_get(c, clab_get(c, yaml_document_get_root_node(&c->doc), "topology"), "nodes"), out->node)) return true;
    return clab_fail(c, &out->at->start_mark, "there is no node \"%s\" among the topology's nodes", out->node);
}

static bool clab_put_end(struct clab *c, const struct clab_end *e)
{
    char both[HP_PLAN_NAME_MAX + CLAB_INTERFACE_MAX + 2], interface[CLAB_INTERFACE_MAX + 1] = "";
    if (e->interface) clab_interface(e->interface, interface);
    int n = snprintf(both, sizeof both, "%s%s%s", e->node, interface[0] ? "." : "", interface);
    return clab_put_name(c, e->at, both, (size_t)n);
}

/* There is nothing outside of a lab: the link is left out, with a warning. */
static void clab_skip(struct clab *c, const yaml_node_t *at, const char *where)
{
    unsigned long line = (unsigned long)at->start_mark.line + 1;
    if (!c->skipped++)
        snprintf(c->why, c->why_n, "%lu:%zu: warning: this link leaves the lab (\"%s\") and is left out", line, at->start_mark.column + 1, where);
    fprintf(c->out, "# left out: the link of line %lu leaves the lab (%s)\n", line, where);
}

static void clab_link(struct clab *c, const yaml_node_t *link)
{
    yaml_node_t *ends = clab_get(c, link, "endpoints"), *mtu = clab_get(c, link, "mtu");
    const char *type = clab_text(clab_get(c, link, "type"));
    struct clab_end end[2];
    if (type && clab_is_outside(c, type, strlen(type))) {
        clab_skip(c, link, type);
        return;
    }
    if (!ends || ends->type != YAML_SEQUENCE_NODE || ends->data.sequence.items.top - ends->data.sequence.items.start != 2) {
        clab_fail(c, &(ends ? ends : link)->start_mark, "a link wants two endpoints");
        return;
    }
    for (int i = 0; i < 2; i++)
        if (!clab_end(c, link, yaml_document_get_node(&c->doc, ends->data.sequence.items.start[i]), &end[i])) return;
    for (int i = 0; i < 2; i++) {
        if (!end[i].outside) continue;
        clab_skip(c, end[i].at, end[i].node);
        return;
    }
    long bytes = clab_text(mtu) ? strtol(clab_text(mtu), NULL, 10) : 0;
    if (mtu && (bytes < CLAB_MTU_MIN || bytes > CLAB_MTU_MAX)) {
        clab_fail(c, &mtu->start_mark, "an mtu is a number from %d to %d", CLAB_MTU_MIN, CLAB_MTU_MAX);
        return;
    }
    fputs("cable", c->out);
    if (!clab_put_end(c, &end[0]) || !clab_put_end(c, &end[1])) return;
    if (mtu) fprintf(c->out, " mtu %ld", bytes);
    fputc('\n', c->out);
}

static void clab_topology(struct clab *c)
{
    yaml_node_t *root = yaml_document_get_root_node(&c->doc), *topology = clab_get(c, root, "topology"), *links = clab_get(c, topology, "links");
    const char *name = clab_text(clab_get(c, root, "name"));
    yaml_mark_t start = {0};
    if (!topology) {
        clab_fail(c, root ? &root->start_mark : &start, "there is no topology in it");
        return;
    }
    fputs("lab", c->out);
    if (!clab_put_name(c, root, name ? name : "imported", strlen(name ? name : "imported"))) return;
    fputc('\n', c->out);
    clab_nodes(c, topology);
    if (links && links->type != YAML_SEQUENCE_NODE) clab_fail(c, &links->start_mark, "\"links\" wants a list");
    if (!links || c->failed) return;
    for (yaml_node_item_t *i = links->data.sequence.items.start; i < links->data.sequence.items.top && !c->failed; i++)
        clab_link(c, yaml_document_get_node(&c->doc, *i));
}

static bool clab_load(struct clab *c, const char *yaml, size_t n)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) return clab_fail(c, &(yaml_mark_t){0}, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, n);
    bool ok = yaml_parser_load(&parser, &c->doc);
    if (!ok) clab_fail(c, &parser.problem_mark, "%s", parser.problem ? parser.problem : "out of memory");
    yaml_parser_delete(&parser);
    return ok;
}

bool plan_clab_to_text(const char *yaml, size_t n, FILE *f, char *why, size_t why_n)
{
    char *text = NULL;
    size_t text_n;
    struct clab c = {.why = why, .why_n = why_n};
    why[0] = 0;
    if (!clab_load(&c, yaml, n)) return false;
    c.out = open_memstream(&text, &text_n);
    if (c.out) clab_topology(&c);
    else clab_fail(&c, &(yaml_mark_t){0}, "out of memory");
    if (c.out) fclose(c.out);
    yaml_document_delete(&c.doc);
    if (!c.failed) fwrite(text, 1, text_n, f);
    size_t used = strlen(why);
    if (!c.failed && c.skipped > 1) snprintf(why + used, why_n - used, ", as %u more are", c.skipped - 1);
    free(text);
    return !c.failed;
}
