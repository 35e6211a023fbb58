/**
 * Keys and sections of systemd.network(5) that have no effect here, so that a file from a Linux
 * host is not reported as misspelt.
 */

class OtherKeys {
  constructor(
    readonly section: string,
    /** Separated by blanks. */
    readonly keys: string,
  ) {}
}

const OTHER_KEYS: StaticArray<OtherKeys> = [
  new OtherKeys(
    "Match",
    "PermanentMACAddress Path Driver Type Kind Property WLANInterfaceType SSID BSSID Host " +
      "Virtualization KernelCommandLine KernelVersion Credential Architecture Firmware",
  ),
  new OtherKeys(
    "Network",
    "DHCPServer LinkLocalAddressing IPv4LLStartAddress IPv6LinkLocalAddressGenerationMode " +
      "IPv6StableSecretAddress IPv4LLRoute DefaultRouteOnDevice LLMNR MulticastDNS DNSOverTLS " +
      "DNSDefaultRoute DNSSEC DNSSECNegativeTrustAnchors LLDP EmitLLDP BindCarrier IPForward " +
      "IPv4Forwarding IPv6Forwarding IPMasquerade IPv6PrivacyExtensions IPv6AcceptRA " +
      "IPv6DuplicateAddressDetection IPv6HopLimit IPv4ReversePathFilter IPv4AcceptLocal " +
      "IPv4RouteLocalnet IPv4ProxyARP IPv6ProxyNDP IPv6ProxyNDPAddress IPv6SendRA " +
      "DHCPPrefixDelegation IPv6MTUBytes BatmanAdvanced Bond Bridge VRF IPoIB IPVLAN IPVTAP " +
      "MACsec MACVLAN MACVTAP Tunnel VLAN VXLAN Xfrm ActiveSlave PrimarySlave " +
      "ConfigureWithoutCarrier IgnoreCarrierLoss KeepConfiguration KeepMaster",
  ),
  new OtherKeys(
    "Address",
    "Broadcast Label PreferredLifetime Scope RouteMetric HomeAddress DuplicateAddressDetection " +
      "ManageTemporaryAddress AddPrefixRoute AutoJoin NetLabel NFTSet",
  ),
  new OtherKeys(
    "Route",
    "Source IPv6Preference HopLimit Protocol " +
      "InitialCongestionWindow InitialAdvertisedReceiveWindow QuickAck FastOpenNoCookie " +
      "TTLPropagate TCPAdvertisedMaximumSegmentSize TCPCongestionControlAlgorithm " +
      "TCPRetransmissionTimeoutSec NextHop",
  ),
  new OtherKeys(
    "RoutingPolicyRule",
    "GoTo L3MasterDevice SourcePort DestinationPort IPProtocol Family User " +
      "SuppressPrefixLength SuppressInterfaceGroup",
  ),
  new OtherKeys(
    "Link",
    "MACAddress ARP Multicast AllMulticast Promiscuous Unmanaged Group RequiredForOnline " +
      "RequiredFamilyForOnline ActivationPolicy",
  ),
  new OtherKeys(
    "DHCPv4",
    "RequestAddress ClientIdentifier VendorClassIdentifier UserClass MUDURL DUIDType DUIDRawData " +
      "IAID RapidCommit Anonymize RequestOptions SendOption SendVendorOption IPServiceType " +
      "SocketPriority Label UseSIP UseCaptivePortal UseTimezone IPv6OnlyMode RoutesToDNS " +
      "RoutesToNTP RouteTable RouteMTUBytes QuickAck InitialCongestionWindow " +
      "InitialAdvertisedReceiveWindow UseDNR Use6RD UnassignedSubnetPolicy " +
      "FallbackLeaseLifetimeSec RequestBroadcast MaxAttempts ListenPort ServerPort DenyList " +
      "AllowList SendRelease SendDecline NetLabel NFTSet",
  ),
];

const OTHER_SECTIONS: string =
  "SR-IOV IPv6AddressLabel NextHop Neighbor DHCPv6 DHCPPrefixDelegation " +
  "IPv6AcceptRA DHCPServer DHCPServerStaticLease IPv6SendRA IPv6Prefix IPv6RoutePrefix " +
  "IPv6PREF64Prefix Bridge BridgeFDB BridgeMDB LLDP CAN IPoIB QDisc NetworkEmulator " +
  "PIE FlowQueuePIE StochasticFairBlue " +
  "PFIFOHeadDrop PFIFOFast CAKE ControlledDelay DeficitRoundRobinScheduler " +
  "DeficitRoundRobinSchedulerClass GenericRandomEarlyDetection " +
  "FairQueueing TrivialLinkEqualizer " +
  "ClassfulMultiQueueing BandMultiQueueing HeavyHitterFilter " +
  "QuickFairQueueing QuickFairQueueingClass BridgeVLAN";

/** Reports whether systemd has this key in a section that the kernel reads. */
export function isOtherKey(section: string, key: string): bool {
  for (let i = 0; i < OTHER_KEYS.length; i++) {
    if (OTHER_KEYS[i].section == section) return contains(OTHER_KEYS[i].keys, key);
  }
  return false;
}

/** Reports whether systemd has this section. */
export function isOtherSection(name: string): bool {
  return contains(OTHER_SECTIONS, name);
}

function contains(list: string, word: string): bool {
  return word != "" && !word.includes(" ") && ` ${list} `.includes(` ${word} `);
}
