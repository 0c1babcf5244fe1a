/* Everything at once. */
#ifndef HEPTA_HEPTA_H
#define HEPTA_HEPTA_H

#include "hepta/dhcp.h"
#include "hepta/dns.h"
#include "hepta/dns_server.h"
#include "hepta/http.h"
#include "hepta/lab.h"
#include "hepta/line_code.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/pcap.h"
#include "hepta/physical.h"
#include "hepta/ping.h"
#include "hepta/plan.h"
#include "hepta/proc.h"
#include "hepta/rip.h"
#include "hepta/run.h"
#include "hepta/services.h"
#include "hepta/shake.h"
#include "hepta/socket.h"
#include "hepta/stack.h"
#include "hepta/trace.h"
#include "hepta/types.h"
#include "hepta/wire.h"

#endif
