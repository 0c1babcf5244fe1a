/* ns-3 on this machine, for comparison with bench/lab.c: the same networks and the same traffic, by the distribution's library as it comes.
 *
 * A hop is a frame put on a channel, as in lab.c a frame over a cable.  In favour of ns-3: it computes no checksums, its payload is a length without
 * bytes, and its hosts have IPv4 only where lab.c's have both, but for the idle ones.  Options: --only NAME, --hosts N,
 * --percent N (of the virtual time that is said with each row). */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <malloc.h>
#include <string>
#include <vector>

#include "ns3/applications-module.h"
#include "ns3/bridge-module.h"
#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"
#include "ns3/point-to-point-module.h"

using namespace ns3;

static const uint16_t PORT = 5001;
static const int FLOWS = 64, BRANCHES = 10, LEAVES = 100;
static const uint32_t REQUEST = 100, RESPONSE = 1000;

static uint64_t frames;

static double cpu_seconds()
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void report(const std::string &name, double value, const char *unit, const char *how)
{
    std::printf("%-28s %14.3f %-18s %s\n", name.c_str(), value, unit, how);
    std::fflush(stdout);
}

class CountedWire : public PointToPointChannel
{
  public:
    bool TransmitStart(Ptr<const Packet> p, Ptr<PointToPointNetDevice> from, Time took) override
    {
        frames++;
        return PointToPointChannel::TransmitStart(p, from, took);
    }
};

class CountedChannel : public SimpleChannel
{
  public:
    void Send(Ptr<Packet> p, uint16_t protocol, Mac48Address to, Mac48Address from, Ptr<SimpleNetDevice> sender) override
    {
        frames++;
        SimpleChannel::Send(p, protocol, to, from, sender);
    }
};

static Ptr<Queue<Packet>> queue_new()
{
    Ptr<DropTailQueue<Packet>> q = CreateObject<DropTailQueue<Packet>>();
    q->SetMaxSize(QueueSize("1000p"));
    return q;
}

struct Ends {
    Ptr<NetDevice> a, b;
};

/* A full-duplex wire without addresses, and without a queue discipline above its queues: the fastest that ns-3 has. */
static Ends wire(Ptr<Node> a, Ptr<Node> b, const char *rate, Time delay)
{
    Ptr<CountedWire> channel = CreateObject<CountedWire>();
    channel->SetAttribute("Delay", TimeValue(delay));
    Ptr<NetDevice> end[2];
    for (int i = 0; i < 2; i++) {
        Ptr<PointToPointNetDevice> d = CreateObject<PointToPointNetDevice>();
        d->SetAddress(Mac48Address::Allocate());
        d->SetDataRate(DataRate(rate));
        d->SetQueue(queue_new());
        (i ? b : a)->AddDevice(d);
        d->Attach(channel);
        end[i] = d;
    }
    return {end[0], end[1]};
}

/* A full-duplex cable between devices that a bridge can use. */
static Ends cable(Ptr<Node> a, Ptr<Node> b, const char *rate, Time delay)
{
    Ptr<CountedChannel> channel = CreateObject<CountedChannel>();
    channel->SetAttribute("Delay", TimeValue(delay));
    Ptr<NetDevice> end[2];
    for (int i = 0; i < 2; i++) {
        Ptr<SimpleNetDevice> d = CreateObject<SimpleNetDevice>();
        d->SetAttribute("DataRate", DataRateValue(DataRate(rate)));
        d->SetAddress(Mac48Address::Allocate());
        d->SetQueue(queue_new());
        (i ? b : a)->AddDevice(d);
        d->SetChannel(channel);
        end[i] = d;
    }
    return {end[0], end[1]};
}

static void address(Ptr<NetDevice> d, const std::string &ip, const char *mask)
{
    Ptr<Ipv4> ipv4 = d->GetNode()->GetObject<Ipv4>();
    uint32_t i = ipv4->AddInterface(d);
    ipv4->AddAddress(i, Ipv4InterfaceAddress(Ipv4Address(ip.c_str()), Ipv4Mask(mask)));
    ipv4->SetUp(i);
}

static void route(Ptr<Node> n, const char *net, const char *mask, const std::string &via, uint32_t interface)
{
    Ptr<Ipv4StaticRouting> r = Ipv4StaticRoutingHelper().GetStaticRouting(n->GetObject<Ipv4>());
    r->AddNetworkRouteTo(Ipv4Address(net), Ipv4Mask(mask), Ipv4Address(via.c_str()), interface);
}

static Ptr<Node> host(bool both)
{
    Ptr<Node> n = CreateObject<Node>();
    InternetStackHelper stack;
    Ipv4StaticRoutingHelper routing;
    stack.SetRoutingHelper(routing);
    stack.SetIpv6StackInstall(both);
    stack.Install(n);
    return n;
}

static std::string ip(int a, int b, int c, int d)
{
    return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c) + "." + std::to_string(d);
}

/* Simulates `span` more; hops per second of CPU time. */
static void run_measured(const std::string &name, Time span, const char *how)
{
    uint64_t before = frames;
    double began = cpu_seconds();
    Simulator::Stop(span);
    Simulator::Run();
    double took = cpu_seconds() - began;
    report("ns3_" + name + "_hops", (double)(frames - before) / took * 1e-6, "Mhops/s", how);
    report("ns3_" + name + "_frames", (double)(frames - before), "frames", "over channels, in the measured part");
    report("ns3_" + name + "_slowdown", took / span.GetSeconds(), "s/s", "real seconds per virtual second");
}

static void flow_open(Ptr<Node> client, Ptr<Node> server, const std::string &to)
{
    BulkSendHelper source("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address(to.c_str()), PORT));
    source.SetAttribute("SendSize", UintegerValue(65536));
    source.Install(client);
    PacketSinkHelper sink("ns3::TcpSocketFactory", InetSocketAddress(Ipv4Address::GetAny(), PORT));
    sink.Install(server);
}

static void flows_report(const std::string &name, Time span)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < NodeList::GetNNodes(); i++)
        for (uint32_t j = 0; j < NodeList::GetNode(i)->GetNApplications(); j++) {
            Ptr<PacketSink> sink = DynamicCast<PacketSink>(NodeList::GetNode(i)->GetApplication(j));
            if (sink) bytes += sink->GetTotalRx();
        }
    report("ns3_" + name + "_goodput", (double)bytes * 8 / span.GetSeconds() * 1e-9, "Gbit/s", "in virtual time: what the network carried");
    if (!bytes) std::exit(1);
}

static void bench_one(Time span)
{
    Ptr<Node> c = host(false), r = host(false), s = host(false);
    Ends left = wire(c, r, "10Gbps", MicroSeconds(500)), right = wire(r, s, "10Gbps", MicroSeconds(500));
    address(left.a, "10.0.1.2", "255.255.255.0");
    address(left.b, "10.0.1.1", "255.255.255.0");
    address(right.a, "10.0.2.1", "255.255.255.0");
    address(right.b, "10.0.2.2", "255.255.255.0");
    route(c, "0.0.0.0", "0.0.0.0", "10.0.1.1", 1);
    route(s, "0.0.0.0", "0.0.0.0", "10.0.2.1", 1);
    flow_open(c, s, "10.0.2.2");
    run_measured("one_10g_1ms", span, "0.2 virtual seconds");
    flows_report("one_10g_1ms", span);
    Simulator::Destroy();
}

static void bench_many(Time span)
{
    const char *mask = "255.255.255.0";
    Ptr<Node> r[2] = {host(false), host(false)};
    Ends middle = wire(r[0], r[1], "1Gbps", MilliSeconds(10));
    address(middle.a, "10.255.0.1", mask);
    address(middle.b, "10.255.0.2", mask);
    route(r[0], "10.2.0.0", "255.255.0.0", "10.255.0.2", 1);
    route(r[1], "10.1.0.0", "255.255.0.0", "10.255.0.1", 1);
    for (int i = 0; i < FLOWS; i++) {
        Ptr<Node> end[2] = {host(false), host(false)};
        for (int side = 0; side < 2; side++) {
            Ends e = wire(end[side], r[side], "10Gbps", MicroSeconds(10));
            address(e.a, ip(10, side + 1, i, 2), mask);
            address(e.b, ip(10, side + 1, i, 1), mask);
            route(end[side], "0.0.0.0", "0.0.0.0", ip(10, side + 1, i, 1), 1);
        }
        flow_open(end[0], end[1], ip(10, 2, i, 2));
    }
    run_measured("many_64x1g", span, "1 virtual second");
    flows_report("many_64x1g", span);
    Simulator::Destroy();
}

/* ---- a tree: a server, a router, ten bridges with a hundred hosts each; everybody asks, and when answered asks again ---- */

static uint64_t answers;

struct Leaf {
    Ptr<Socket> sock;
    uint64_t got;
};
static std::vector<Leaf> leaves;

static void leaf_ask(Ptr<Socket> s) { s->Send(Create<Packet>(REQUEST)); }

static void leaf_take(size_t i, Ptr<Socket> s)
{
    while (Ptr<Packet> p = s->Recv()) {
        uint64_t before = leaves[i].got / RESPONSE;
        leaves[i].got += p->GetSize();
        if (leaves[i].got / RESPONSE == before) continue;
        answers++;
        leaf_ask(s);
    }
}

static void leaf_start(size_t i, Ptr<Node> n, bool tcp)
{
    Ptr<Socket> s = Socket::CreateSocket(n, tcp ? TcpSocketFactory::GetTypeId() : UdpSocketFactory::GetTypeId());
    leaves[i].sock = s;
    s->SetRecvCallback([i](Ptr<Socket> ready) { leaf_take(i, ready); });
    if (tcp) s->SetConnectCallback(MakeCallback(&leaf_ask), MakeNullCallback<void, Ptr<Socket>>());
    s->Bind();
    s->Connect(InetSocketAddress(Ipv4Address("10.0.0.2"), PORT));
    if (!tcp) leaf_ask(s);
}

static void serve_datagrams(Ptr<Socket> s)
{
    Address from;
    while (s->RecvFrom(from)) s->SendTo(Create<Packet>(RESPONSE), 0, from);
}

static void serve_stream(Ptr<Socket> s)
{
    while (Ptr<Packet> p = s->Recv())
        for (uint32_t n = p->GetSize(); n >= REQUEST; n -= REQUEST) s->Send(Create<Packet>(RESPONSE));
}

static void serve_new(Ptr<Socket> s, const Address &) { s->SetRecvCallback(MakeCallback(&serve_stream)); }

static Ptr<Socket> tree_serve(Ptr<Node> server, bool tcp)
{
    Ptr<Socket> s = Socket::CreateSocket(server, tcp ? TcpSocketFactory::GetTypeId() : UdpSocketFactory::GetTypeId());
    s->Bind(InetSocketAddress(Ipv4Address::GetAny(), PORT));
    if (!tcp) s->SetRecvCallback(MakeCallback(&serve_datagrams));
    else {
        s->SetAcceptCallback(MakeNullCallback<bool, Ptr<Socket>, const Address &>(), MakeCallback(&serve_new));
        s->Listen();
    }
    return s;
}

static Ptr<BridgeNetDevice> bridge_new(Ptr<Node> n)
{
    Ptr<BridgeNetDevice> b = CreateObject<BridgeNetDevice>();
    n->AddDevice(b);
    return b;
}

static void tree_branch(Ptr<Node> root, int b, bool tcp)
{
    Ptr<Node> sw = CreateObject<Node>();
    Ptr<BridgeNetDevice> bridge = bridge_new(sw);
    Ends up = cable(root, sw, "10Gbps", MicroSeconds(10));
    address(up.a, ip(10, b + 1, 0, 1), "255.255.255.0");
    bridge->AddBridgePort(up.b);
    for (int i = 0; i < LEAVES; i++) {
        Ptr<Node> n = host(false);
        Ends e = cable(n, sw, "1Gbps", MicroSeconds(5));
        bridge->AddBridgePort(e.b);
        address(e.a, ip(10, b + 1, 0, i + 2), "255.255.255.0");
        route(n, "0.0.0.0", "0.0.0.0", ip(10, b + 1, 0, 1), 1);
        Time at = MilliSeconds(1) + MicroSeconds(2) * (i * BRANCHES + b) + (i || b ? MilliSeconds(1) : MilliSeconds(0));
        Simulator::Schedule(at, &leaf_start, (size_t)(b * LEAVES + i), n, tcp);
    }
}

static void bench_tree(const std::string &name, bool tcp, Time span, const char *how)
{
    leaves.assign((size_t)BRANCHES * LEAVES, Leaf());
    Ptr<Node> server = host(false), root = host(false);
    Ends e = cable(server, root, "100Gbps", MicroSeconds(10));
    address(e.a, "10.0.0.2", "255.255.255.0");
    address(e.b, "10.0.0.1", "255.255.255.0");
    route(server, "0.0.0.0", "0.0.0.0", "10.0.0.1", 1);
    Ptr<Socket> listener = tree_serve(server, tcp);
    for (int b = 0; b < BRANCHES; b++) tree_branch(root, b, tcp);
    Simulator::Stop(MilliSeconds(6)); /* neighbours are found by then, and everybody has been answered */
    Simulator::Run();
    size_t missing = 0;
    for (const Leaf &l : leaves) missing += l.got < RESPONSE;
    if (missing) std::fprintf(stderr, "ns-3: %zu leaves of %s were not answered before the measured part\n", missing, name.c_str());
    answers = 0;
    double began = cpu_seconds();
    run_measured(name, span, how);
    report("ns3_" + name + "_exchanges", (double)answers / (cpu_seconds() - began), "exchanges/s", "100 bytes there, 1000 back, 3 hops each way");
    leaves.clear();
    Simulator::Destroy();
    if (!answers) std::exit(1);
}

/* ---- memory ---- */

static void bench_idle(int hosts)
{
    Ptr<BridgeNetDevice> bridge;
    Ptr<Node> sw;
    size_t before = mallinfo2().uordblks;
    double began = cpu_seconds();
    for (int i = 0; i < hosts; i++) {
        if (i % 100 == 0) bridge = bridge_new(sw = CreateObject<Node>());
        Ptr<Node> n = host(true);
        Ends e = cable(n, sw, "1Gbps", MicroSeconds(5));
        bridge->AddBridgePort(e.b);
        address(e.a, ip(10, i >> 16, i >> 8 & 255, i & 255), "255.0.0.0");
        Ptr<Ipv6> ipv6 = n->GetObject<Ipv6>();
        ipv6->SetUp(ipv6->AddInterface(e.a));
    }
    report("ns3_host_creation", (cpu_seconds() - began) / hosts * 1e6, "us", "per host, with its cable and addresses");
    Simulator::Stop(Seconds(5));
    Simulator::Run();
    report("ns3_idle_host", (double)(mallinfo2().uordblks - before) / hosts, "bytes", "allocated: a host, IPv4 and IPv6, its cable, its port of a bridge of 100");
    Simulator::Destroy();
}

int main(int argc, char **argv)
{
    std::string only;
    int hosts = 2000;
    double part = 1;
    for (int i = 1; i < argc; i++) {
        if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) only = argv[++i];
        else if (std::strcmp(argv[i], "--hosts") == 0 && i + 1 < argc) hosts = std::atoi(argv[++i]);
        else if (std::strcmp(argv[i], "--percent") == 0 && i + 1 < argc) part = std::atof(argv[++i]) / 100;
        else {
            std::fprintf(stderr, "usage: %s [--only one|many|tree|tree-udp|idle] [--hosts N] [--percent N]\n", argv[0]);
            return 2;
        }
    }
    Config::SetDefault("ns3::TcpL4Protocol::SocketType", StringValue("ns3::TcpCubic"));
    Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(1448));
    Config::SetDefault("ns3::TcpSocket::SndBufSize", UintegerValue(8 << 20));
    Config::SetDefault("ns3::TcpSocket::RcvBufSize", UintegerValue(8 << 20));
    Config::SetDefault("ns3::ArpL3Protocol::RequestJitter", StringValue("ns3::ConstantRandomVariable[Constant=0]"));
    if (only.empty() || only == "one") bench_one(Seconds(0.2 * part));
    if (only.empty() || only == "many") bench_many(Seconds(1 * part));
    if (only.empty() || only == "tree") bench_tree("tree_1000", true, Seconds(0.002 * part), "over TCP, 2 virtual ms after everybody was answered");
    if (only.empty() || only == "tree-udp") bench_tree("tree_udp_1000", false, Seconds(0.005 * part), "over UDP, 5 virtual ms after everybody was answered");
    if (only.empty() || only == "idle") bench_idle(hosts);
    return 0;
}
