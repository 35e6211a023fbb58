/**
 * Every bound in the system. Anything that input can make grow is bounded here, and reaching a
 * bound fails only the current operation. Names in `_BYTES` count bytes, names in `_LENGTH`
 * characters, and all others items, unless a comment says otherwise. A style test rejects bounds
 * defined elsewhere, and bounds that nothing uses.
 */

// --- frames ---
/**
 * Frames in the DMA pool: enough for both rings of a device and for queues. Each further device
 * adds frames for its rings.
 */
export const FRAME_COUNT: u32 = 1024;
/** Bytes of one frame: a whole receive buffer of the 82540EM (RCTL.BSIZE = 2048). */
export const FRAME_STORAGE: u32 = 2048;
/** Bytes before an outgoing payload: Ethernet 14 + VLAN 4 + IPv4 60 + TCP 60, rounded up. */
export const FRAME_HEADROOM: u32 = 144;

// --- the machine and its devices ---
/** The longest ACPI table that is read, and the number of tables searched. */
export const ACPI_TABLE_BYTES: u32 = 1024 * 1024;
export const ACPI_TABLES: u32 = 256;
/** Devices on one interrupt line. */
export const INTERRUPT_HANDLERS: u32 = 4;
/** IO-APICs, and ISA lines that are wired unusually. */
export const IO_APICS: i32 = 16;
export const INTERRUPT_OVERRIDES: i32 = 16;
/** Vectors of the local APIC, for messages of devices and inputs of IO-APICs. */
export const APIC_VECTORS: u32 = 48;
/** The part of the SMBIOS table that is read, and its OEM strings. */
export const SMBIOS_TABLE_BYTES: u32 = 256 * 1024;
export const OEM_STRINGS: u32 = 64;
/** Files of QEMU's firmware configuration device that are looked at. */
export const FW_CFG_FILES: u32 = 1024;
export const PCI_FUNCTIONS: i32 = 256;
/**
 * Entries of the longest virtqueue, a power of two; a legacy device chooses their number, and 4,096
 * take 108 KiB.
 */
export const VIRTIO_QUEUE: u32 = 4096;
/** Slots of virtio devices without PCI; QEMU's microvm has at most 24. */
export const VIRTIO_MMIO_DEVICES: i32 = 32;
/** Descriptors of a network device's rings; powers of two. */
export const RECEIVE_RING: u32 = 256;
export const TRANSMIT_RING: u32 = 256;
/** Descriptors of an RTL8139C+'s rings, which cannot be longer; a power of two. */
export const REALTEK_RING: u32 = 64;
/** The receive buffer of an RTL8139 without C+ mode, and its transmit slots, each of a frame. */
export const REALTEK_BUFFER: u32 = 32 * 1024;
export const REALTEK_SLOTS: u32 = 4;
/** Frames received from a device in one turn, before anything else runs. */
export const RECEIVE_BATCH: u32 = 64;
/** Buffers of the serial port, powers of two: the receive buffer holds 1.4 s at 115,200 baud. */
export const UART_RECEIVE_BYTES: u32 = 16 * 1024;
export const UART_TRANSMIT_BYTES: u32 = 16 * 1024;
/** Scan codes of the keyboard that wait for a turn; a power of two. */
export const KEYBOARD_BYTES: u32 = 256;

// --- interfaces, routes, neighbors ---
export const INTERFACES: u32 = 4;
/** The longest interface name in a routing rule, as in Linux. */
export const INTERFACE_NAME_LENGTH: i32 = 15;
/** IPv4 addresses of one interface. */
export const INTERFACE_ADDRESSES: u32 = 8;
export const ROUTES: u32 = 128;
/** Next hops of one route, and routing rules. */
export const ROUTE_HOPS: i32 = 16;
export const RULES: u32 = 64;
/** Neighbors of one interface. */
export const NEIGHBORS: u32 = 1024;
/** Packets held for one neighbor while its hardware address is resolved; the newest are kept. */
export const NEIGHBOR_QUEUE: u32 = 4;
/** Packets of one interface that wait for hardware addresses. */
export const NEIGHBOR_WAITING: u32 = 192;
/** Frames queued from this host to itself. */
export const LOOPBACK_QUEUE: u32 = 128;
/**
 * Datagrams in reassembly; each holds a buffer of 64 KiB. A machine with at least
 * REASSEMBLY_MEMORY bytes free at start holds REASSEMBLIES, others REASSEMBLIES_AT_LEAST.
 */
export const REASSEMBLIES: u32 = 32;
export const REASSEMBLIES_AT_LEAST: u32 = 8;
export const REASSEMBLY_MEMORY: u32 = 32 * 1024 * 1024;
/** IPv4 identification counters; a power of two. */
export const IP_IDENTIFICATIONS: u32 = 256;
/** Buckets of the ICMP error rate limiter; a power of two. */
export const ICMP_BUCKETS: u32 = 64;

// --- egress scheduling ---
/** Frames queued on one interface: an eighth of the pool, so that enough remain to receive into. */
export const EGRESS_FRAMES: u32 = 128;
/** Sockets wait while this many frames of their class or flow are queued. */
export const EGRESS_QUEUE: u32 = 16;
/** Frames a scheduler sends in one turn; fewer than EGRESS_QUEUE, so no full queue runs empty. */
export const EGRESS_BATCH: u32 = 8;
/** Queues into which sfq and, by default, fq_codel hash flows; a power of two. */
export const EGRESS_FLOWS: u32 = 128;
/** Classes of one htb, and nested disciplines of one interface. */
export const EGRESS_CLASSES: u32 = 16;
export const EGRESS_QDISCS: u32 = 32;
/** Bands of a discipline of strict priority, as in Linux. */
export const EGRESS_BANDS: i64 = 16;
/** Filters of one discipline, and comparisons of one filter. */
export const EGRESS_FILTERS: u32 = 32;
export const EGRESS_KEYS: u32 = 8;

// --- UDP and ICMP echo ---
export const UDP_SOCKETS: u32 = 64;
/** Buffers of one socket. */
export const UDP_RECEIVE_BYTES: u32 = 64 * 1024;
export const UDP_TRANSMIT_BYTES: u32 = 64 * 1024;
/** Recently closed ports, which are not reused yet; a power of two. */
export const UDP_RECENT_PORTS: u32 = 64;
export const ECHO_SOCKETS: u32 = 8;
export const ECHO_RECEIVE_BYTES: u32 = 24 * 1024;
export const ECHO_TRANSMIT_BYTES: u32 = 64 * 1024;

// --- TCP ---
/**
 * Connections, if there is memory for them, and how many the tables have room for at first; powers
 * of two.
 */
export const TCP_CONNECTIONS: u32 = 65536;
export const TCP_CONNECTIONS_FIRST: u32 = 512;
/** Connections that their user has released (`tcp_max_orphans`). */
export const TCP_ORPHANS: u32 = 16384;
/** Slots kept for connections that this host opens, and how many of these have memory reserved. */
export const TCP_OWN_SLOTS: u32 = 32;
export const TCP_OWN_CONNECTIONS: u32 = 4;
export const TCP_LISTENERS: u32 = 16;
/** Connections of one listener that wait to be accepted. */
export const TCP_BACKLOG: u32 = 256;
/** Destinations whose path MTU is remembered because it is smaller than the route's. */
export const PATH_MTUS: u32 = 64;
/** Peers whose Fast Open cookie is remembered (RFC 7413 section 4.1.3). */
export const FAST_OPEN_PEERS: u32 = 64;
export const TCP_TIME_WAITS: u32 = 16384;
/**
 * Initial and largest buffers of one connection; powers of two. The initial receive buffer is twice
 * the largest window without scaling, so that the window stays open while a batch waits to be read.
 */
export const TCP_RECEIVE_BYTES: u32 = 128 * 1024;
export const TCP_RECEIVE_MAXIMUM_BYTES: u32 = 16 * 1024 * 1024;
export const TCP_SEND_BYTES: u32 = 64 * 1024;
export const TCP_SEND_MAXIMUM_BYTES: u32 = 16 * 1024 * 1024;
/** The size to which either grows by default (tcp_rmem, tcp_wmem). */
export const TCP_BUFFER_MAXIMUM_BYTES: u32 = 4 * 1024 * 1024;
/**
 * The least that a user may choose. Receiving: the window of a SYN,ACK with a cookie. Sending: a
 * page (core/pages.ts).
 */
export const TCP_RECEIVE_MINIMUM_BYTES: u32 = 64 * 1024;
export const TCP_SEND_MINIMUM_BYTES: u32 = 16 * 1024;
/** Memory that must be free for a new connection: its objects, and a page for each direction. */
export const TCP_CONNECTION_BYTES: u32 = 40 * 1024;
/** Segments of one connection in flight, each with a record of 16 bytes; powers of two. */
export const TCP_SENT_SEGMENTS: u32 = 64;
export const TCP_SENT_SEGMENTS_MAXIMUM: u32 = 4096;
/**
 * Out-of-order ranges that a connection holds; a segment that needs one more is dropped. If every
 * other full-sized segment of a 4 MiB window is lost, there are 1,436.
 */
export const TCP_REASSEMBLY_PIECES: u32 = 2047;
/** Recently used local ports, which a peer may still hold in TIME-WAIT; a power of two. */
export const TCP_RECENT_PORTS: u32 = 256;

// --- DHCP ---
/** The longest message that is read. */
export const DHCP_MESSAGE_BYTES: u32 = 4096;
/** Each buffer of the client's socket, in bytes. */
export const DHCP_QUEUE_BYTES: u32 = 16 * 1024;
/** Items kept from one option. */
export const DHCP_ROUTES: u32 = 16;
export const DHCP_SERVERS: u32 = 4;
export const DHCP_SEARCH_DOMAINS: i32 = 8;

// --- names ---
/** Lookups in progress. */
export const DNS_LOOKUPS: u32 = 32;
/** Addresses kept for one name. */
export const DNS_ADDRESSES: u32 = 16;
/** CNAME records followed from one name. */
export const DNS_ALIASES: u32 = 16;
/** The longest response, over UDP and over TCP. */
export const DNS_MESSAGE_BYTES: u32 = 4096;
export const DNS_STREAM_BYTES: u32 = 16 * 1024;
/** Buffers of a query's socket: room for a few responses, as forged ones may arrive first. */
export const DNS_RECEIVE_BYTES: u32 = 16 * 1024;
export const DNS_TRANSMIT_BYTES: u32 = 1024;
export const DNS_CACHE_ENTRIES: u32 = 256;
/** Servers queried for one name. */
export const DNS_SERVERS: u32 = 4;
/** Sockets of queries; if all are in use, that of an earlier query or a probe is closed. */
export const DNS_SOCKETS: u32 = 40;
/** Queries that only find out whether a server answers again. */
export const DNS_PROBES: u32 = 8;
/** Domains in which a short name is searched for. */
export const DNS_SEARCH_DOMAINS: i32 = 16;
export const HOSTS_ENTRIES: u32 = 64;
/** Characters of a name (RFC 1035 section 2.3.4: 255 bytes on the wire). */
export const HOST_NAME_LENGTH: u32 = 253;

// --- metadata services and time ---
/** How many times a request to a metadata service is sent. */
export const METADATA_TRIES: u32 = 20;
/** Servers queried in one round. */
export const NTP_SERVERS: u32 = 8;
/** Each buffer of a query's socket, in bytes. */
export const NTP_QUEUE_BYTES: u32 = 1024;

// --- HTTP ---
export const URL_LENGTH: u32 = 8192;
/** Concurrent requests of the client, and idle connections kept for later requests. */
export const HTTP_EXCHANGES: u32 = 32;
export const HTTP_IDLE_CONNECTIONS: u32 = 8;
export const HTTP_REDIRECTS: u32 = 50;
/** Bytes of a redirect's body that are discarded to reuse its connection. */
export const HTTP_DISCARD_BYTES: u32 = 64 * 1024;
/** Responses of status 1xx before the final one. */
export const HTTP_INTERIM_RESPONSES: u32 = 32;
/** The head of a response that the client receives. */
export const HTTP_HEADER_BYTES: u32 = 64 * 1024;
export const HTTP_HEADER_FIELDS: u32 = 1024;
/** The longest body that a call of the public API keeps. */
export const HTTP_CALL_BYTES: u32 = 1024 * 1024;
/**
 * Chunk extensions: the most bytes of one chunk, and the most excess. A chunk allows 16 bytes plus
 * twice its size. What its extensions and the excess before it have beyond that is the excess that
 * is carried to the next chunk.
 */
export const HTTP_CHUNK_EXTENSION_BYTES: u32 = 16 * 1024;
/**
 * The window of DEFLATE (RFC 1951 section 2), a power of two, and the work that decoding content
 * may do in one turn of an HTTP client: a byte read or written is a unit, a table costs more.
 */
export const INFLATE_WINDOW_BYTES: u32 = 32 * 1024;
export const INFLATE_TURN_WORK: u32 = 256 * 1024;
/** The part of curl's request body that is held in memory, and a piece read from a boot module. */
export const CURL_INPUT_BYTES: u32 = 1024 * 1024;
export const CURL_PIECE_BYTES: u32 = 16 * 1024;
/** The trailer of one body. */
export const HTTP_TRAILER_BYTES: u32 = 16 * 1024;
/**
 * Cookies of one command (RFC 6265 section 6.1 asks for 50 for a domain at least); bytes of a
 * cookie's name and value, of all that are sent at once, and of a file that is read.
 */
export const COOKIES: i32 = 256;
export const COOKIE_BYTES: u32 = 4096;
export const COOKIE_FIELD_BYTES: u32 = 8190;
export const COOKIE_FILE_BYTES: u32 = 256 * 1024;
/** Connections of the server, and idle ones that it closes at once if memory is short. */
export const HTTP_SERVER_CONNECTIONS: u32 = 16384;
export const HTTP_SERVER_EVICTIONS: u32 = 64;
/** Requests of one connection answered in one turn. */
export const HTTP_TURN_REQUESTS: u32 = 32;
/** The head of a request, and the empty lines before it. */
export const HTTP_SERVER_HEAD_BYTES: u32 = 16 * 1024;
export const HTTP_SERVER_HEADER_FIELDS: u32 = 64;
export const HTTP_BLANK_LINES: u32 = 4;
/** The head of a response that the server sends. */
export const HTTP_RESPONSE_HEAD_BYTES: u32 = 2048;
/** A body of at most this size is sent together with the head. */
export const HTTP_SMALL_BODY_BYTES: u32 = 4096;
/** The page of metrics; at most a third is needed. */
export const METRICS_BYTES: u32 = 64 * 1024;

// --- JSON and JSON-RPC ---
/** The longest JSON text always accepted, and the longest if memory allows (JsonRpcClient). */
export const JSON_BYTES: u32 = 1024 * 1024;
export const JSON_BYTES_MAXIMUM: u32 = 16 * 1024 * 1024;
/** Nested arrays and objects. */
export const JSON_DEPTH: u32 = 1024;
/** Values and member names of one text; texts above 1 MiB may have one per eight bytes. */
export const JSON_VALUES: u32 = 128 * 1024;
/** Bytes parsed in one turn. */
export const JSON_TURN_BYTES: u32 = 128 * 1024;
export const RPC_BATCH_CALLS: u32 = 100;
/** Members of a response, and of an error object. */
export const RPC_MEMBERS: u32 = 64;
/** Servers that one `rpc` asks. */
export const RPC_SERVERS: u32 = 16;
/** Characters of a subscription's id, as JSON. */
export const RPC_SUBSCRIPTION_LENGTH: u32 = 256;
/** Characters shown of a server's explanation of an HTTP error status. */
export const RPC_EXPLANATION_LENGTH: u32 = 200;
/** Characters kept of an error message. */
export const RPC_MESSAGE_LENGTH: i32 = 1024;

// --- WebSocket ---
export const WEBSOCKETS: u32 = 16;
/** Frames of one connection read in one turn. */
export const WEBSOCKET_TURN_FRAMES: u32 = 256;
/** Bytes that wait to be sent on one connection. */
export const WEBSOCKET_SEND_BYTES: u32 = 256 * 1024;

// --- iperf3 ---
/** Connections of a test that carry data, as in iperf3, and the longest message of the peer. */
export const IPERF3_STREAMS: i64 = 128;
export const IPERF3_MESSAGE_BYTES: u32 = 64 * 1024;
/** What a sender writes at a time. */
export const IPERF3_BLOCK_BYTES: u32 = 16 * 1024;
/** Connections of a server that have not shown their cookie, or are being denied. */
export const IPERF3_WAITING: i32 = 16;

// --- TLS ---
/** Connections, including those in the handshake. The engine's C has the same bound. */
export const TLS_CONNECTIONS: u32 = 128;
/** Those of them that only this host may open, so that strangers cannot take all. */
export const TLS_OWN_CONNECTIONS: u32 = 16;
/** Unread plaintext of one connection: one record (RFC 8446 section 5.1). */
export const TLS_READ_BYTES: u32 = 16 * 1024;
/** Connections that still read after a fatal alert, and the bytes that each discards. */
export const TLS_FAREWELLS: u32 = 32;
export const TLS_FAREWELL_BYTES: u32 = 256 * 1024;
/** Cached sessions, and the maximum size of one. */
export const TLS_SESSIONS: u32 = 32;
export const TLS_SESSION_BYTES: u32 = 8 * 1024;
/** Sessions of one server. Many TLS 1.3 servers send two tickets, but none after resumption. */
export const TLS_SESSIONS_PER_SERVER: i32 = 2;
/** The longest certificate that is shown, and the longest of its text fields. */
export const CERTIFICATE_BYTES: u32 = 16 * 1024;
export const CERTIFICATE_TEXT_BYTES: u32 = 4096;
/** Certificates shown of a chain, and names read of one certificate; fewer are shown. */
export const CERTIFICATE_CHAIN: u32 = 16;
export const CERTIFICATE_NAMES: u32 = 1024;
/** The longest PEM file from the boot loader, and the longest pasted PEM text. */
export const PEM_BYTES: u32 = 512 * 1024;
export const PEM_LENGTH: u32 = 512 * 1024;

// --- boot configuration ---
export const COMMAND_LINE_BYTES: u32 = 4096;
/** Files used of an initrd, and bytes of the name of one. */
export const BOOT_FILES: u32 = 64;
export const BOOT_FILE_NAME_BYTES: u32 = 1024;
export const CONFIG_FILE_BYTES: u32 = 64 * 1024;
/** Errors reported for one configuration file. */
export const CONFIG_PROBLEMS: u32 = 32;

// --- disks ---
/** Disks that are searched for a cidata volume, and what is read from one at most. */
export const DISKS: i32 = 8;
export const DISK_READ_BYTES: u32 = 2 * 1024 * 1024;
/** Partitions of a disk. */
export const PARTITIONS: u32 = 128;
/** Volume descriptors of an ISO 9660 volume, and entries of a directory of any volume. */
export const VOLUME_DESCRIPTORS: u32 = 16;
export const DIRECTORY_ENTRIES: u32 = 1024;

// --- console ---
export const LINE_LENGTH: u32 = 4096;
export const HISTORY_LINES: u32 = 100;
/** Bytes of an escape sequence that a key sends. */
export const KEY_SEQUENCE_BYTES: u32 = 24;
/** Bytes of input handled in one turn, so that a flood does not starve the network. */
export const CONSOLE_INPUT_BATCH: u32 = 256;
/** Commands that may finish in one turn. */
export const CONSOLE_COMMAND_BATCH: u32 = 16;
/** Kernel messages are not shown while fewer characters than this are left of OUTPUT_ROOM. */
export const CONSOLE_LOG_ROOM: u32 = 16 * 1024;
/** Jobs are not polled while more characters than this are unprinted. */
export const OUTPUT_ROOM: u32 = 32 * 1024;
/** Output is dropped, with a message, while more characters than this are unprinted. */
export const OUTPUT_BACKLOG: u32 = 4 * 1024 * 1024;
/** Bytes typed while a command that does not read input runs; they are kept for later. */
export const TYPE_AHEAD_BYTES: u32 = 16 * 1024;

// --- the log ---
/** Characters kept in the kernel log. */
export const LOG_LENGTH: u32 = 64 * 1024;
/** Bytes of a log line that is sent to another host; the rest of a longer one is cut off. */
export const LOG_MESSAGE_BYTES: u32 = 1024;
/** Bytes of log lines that wait for a network device. */
export const LOG_QUEUE_BYTES: u32 = 16 * 1024;

// --- memory ---
/** Bytes of freed blocks that are kept for the next ring. */
export const RING_SPARE_BYTES: u32 = 4 * 1024 * 1024;
/** Bytes of heap that must be free before an operation that allocates much may start. */
export const HEAP_RESERVE: u32 = 1024 * 1024;

// --- commands ---
/** Typed lines that `nc` queues for a slow peer, and their bytes; either bound pauses input. */
export const NC_LINES: u32 = 256;
export const NC_BYTES: u32 = 64 * 1024;
/** Bytes that `nc` prints at once. */
export const NC_PRINT_BYTES: u32 = 4096;
/** Sockets of `sock`, and the bytes that it receives at once. */
export const SOCK_HANDLES: i32 = 64;
export const SOCK_RECEIVE_BYTES: u32 = 8 * 1024;
/** Frames that `tcpdump` queues for printing, and bytes captured of each. */
export const CAPTURE_FRAMES: u32 = 256;
export const CAPTURE_BYTES: u32 = 128;
/** Nested parentheses in a packet filter expression, and its primitives. */
export const FILTER_DEPTH: i32 = 32;
export const FILTER_PRIMITIVES: i32 = 32;
