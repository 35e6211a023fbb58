/**
 * Every bound in the system, in one place. What input can make grow is bounded by a line here;
 * running out fails the one operation that asked.
 */

// --- frames (net/phy/pool.ts) ---
/** Frames in the DMA pool: both rings full, and as many again for queues and reassembly. */
export const FRAME_COUNT: u32 = 1024;
/** Bytes of storage of one frame: a whole 82540EM receive buffer (RCTL.BSIZE = 2048). */
export const FRAME_STORAGE: u32 = 2048;
/** Head room of a frame that goes out: Ethernet 14 + VLAN 4 + IPv4 60 + TCP 60, rounded up. */
export const FRAME_HEADROOM: u32 = 144;

// --- e1000 ---
export const RECEIVE_RING: u32 = 256;
export const TRANSMIT_RING: u32 = 256;
/** Frames that one turn takes from a device before everyone else gets a go. */
export const RECEIVE_BATCH: u32 = 64;

// --- neighbours, routes, reassembly (net/iface) ---
export const NEIGHBORS: u32 = 64;
/** Packets that wait for the hardware address of one neighbour: the latest ones. */
export const NEIGHBOR_QUEUE: u32 = 4;
/** IPv4 addresses of one interface. */
export const INTERFACE_ADDRESSES: u32 = 8;
/** Frames on their way from this host to itself. */
export const LOOPBACK_QUEUE: u32 = 128;
export const ROUTES: u32 = 32;
export const INTERFACES: u32 = 4;
export const REASSEMBLIES: u32 = 8;
/** Bytes that all unfinished reassemblies may hold together. */
export const REASSEMBLY_BYTES: u32 = 512 * 1024;

// --- UDP ---
export const UDP_SOCKETS: u32 = 64;
export const UDP_RECEIVE_BYTES: u32 = 64 * 1024;
export const UDP_TRANSMIT_BYTES: u32 = 64 * 1024;

// --- ICMP echo ---
export const ECHO_SOCKETS: u32 = 8;
export const ECHO_RECEIVE_BYTES: u32 = 16 * 1024;
export const ECHO_TRANSMIT_BYTES: u32 = 64 * 1024;

// --- TCP ---
export const TCP_CONNECTIONS: u32 = 512;
/** So many that there is memory for are left to this host by whoever connects to it. */
export const TCP_OWN_CONNECTIONS: u32 = 4;
export const TCP_LISTENERS: u32 = 16;
export const TCP_BACKLOG: u32 = 256;
export const TCP_TIME_WAITS: u32 = 16384;
/**
 * Bytes of receive buffer and of send buffer of one connection, powers of two. The receive buffer
 * is twice the largest window without scaling: that stays constant while a batch waits unread.
 */
export const TCP_RECEIVE_BYTES: u32 = 128 * 1024;
export const TCP_SEND_BYTES: u32 = 64 * 1024;
/** Segments in flight that one connection keeps a record of, 16 bytes each; a power of two. */
export const TCP_SENT_SEGMENTS: u32 = 128;

// --- DHCP ---
/** The longest message that is looked at; what is longer is dropped. */
export const DHCP_MESSAGE_BYTES: u32 = 4096;
export const DHCP_ROUTES: u32 = 16;
export const DHCP_SERVERS: u32 = 4;

// --- names ---
/** Different names that may be looked up at the same time. */
export const DNS_LOOKUPS: u32 = 32;
/** Addresses that are kept of one name. */
export const DNS_ADDRESSES: u32 = 16;
/** CNAMEs that are followed from one name. */
export const DNS_ALIASES: u32 = 16;
/** The longest answers that are looked at, by UDP and by TCP. */
export const DNS_MESSAGE_BYTES: u32 = 4096;
export const DNS_STREAM_BYTES: u32 = 16 * 1024;
export const DNS_CACHE_ENTRIES: u32 = 256;
export const DNS_SERVERS: u32 = 4;
export const HOSTS_ENTRIES: u32 = 64;
export const HOST_NAME_LENGTH: u32 = 253;

// --- HTTP, JSON ---
export const HTTP_HEADER_BYTES: u32 = 64 * 1024;
export const HTTP_HEADER_FIELDS: u32 = 128;
export const HTTP_REDIRECTS: u32 = 10;
export const HTTP_IDLE_CONNECTIONS: u32 = 8;
/** The longest body that a call of the public API keeps. */
export const HTTP_CALL_BYTES: u32 = 1024 * 1024;
export const HTTP_INTERIM_RESPONSES: u32 = 32;
/** Bytes of extensions that the chunks of one body may have together, and of its trailer. */
export const HTTP_CHUNK_EXTENSION_BYTES: u32 = 16 * 1024;
export const HTTP_TRAILER_BYTES: u32 = 16 * 1024;
/** Requests that run at once. */
export const HTTP_EXCHANGES: u32 = 32;
/** Bytes of a redirect's own body that are read to keep its connection. */
export const HTTP_DISCARD_BYTES: u32 = 64 * 1024;
export const HTTP_SERVER_CONNECTIONS: u32 = 256;
export const HTTP_SERVER_HEAD_BYTES: u32 = 16 * 1024;
export const HTTP_SERVER_HEADER_FIELDS: u32 = 64;
export const URL_LENGTH: u32 = 8192;
export const JSON_BYTES: u32 = 1024 * 1024;
export const JSON_DEPTH: u32 = 128;
/** Values (and names of members) in one JSON text. */
export const JSON_VALUES: u32 = 128 * 1024;
export const RPC_BATCH_CALLS: u32 = 100;

// --- TLS ---
/** Connections through TLS at once, handshakes included. */
export const TLS_CONNECTIONS: u32 = 128;
/** Plaintext of one connection that waits to be read: a record's worth (RFC 8446 section 5.1). */
export const TLS_READ_BYTES: u32 = 16 * 1024;
/** Sessions kept to be resumed, and the longest that is. */
export const TLS_SESSIONS: u32 = 32;
export const TLS_SESSION_BYTES: u32 = 8 * 1024;
/** The longest certificate that is shown, and how many of a chain are. */
export const CERTIFICATE_BYTES: u32 = 16 * 1024;
export const CERTIFICATE_CHAIN: u32 = 16;
/** Names of one certificate that are read. */
export const CERTIFICATE_NAMES: u32 = 1024;
/** The longest PEM file, pasted or brought by the boot loader. */
export const PEM_BYTES: u32 = 512 * 1024;

// --- time ---
/** Servers that are asked for the time in one round. */
export const NTP_SERVERS: u32 = 8;

// --- serial port (powers of two) ---
/** Bytes received and not yet read: 1.4 s at 115200; more waits at the far end. */
export const UART_RECEIVE_BYTES: u32 = 16 * 1024;
export const UART_TRANSMIT_BYTES: u32 = 16 * 1024;

// --- console ---
export const LINE_LENGTH: u32 = 4096;
export const HISTORY_LINES: u32 = 100;
/** Characters waiting for the console above which jobs are not polled. */
export const OUTPUT_ROOM: u32 = 32 * 1024;
/** Characters waiting for the console above which output is refused, and says so. */
export const OUTPUT_BACKLOG: u32 = 4 * 1024 * 1024;
/** Bytes typed ahead while a command runs that does not read them. */
export const TYPE_AHEAD_BYTES: u32 = 16 * 1024;
/** Lines that `nc` holds for a peer that takes none, and their bytes; then typing waits. */
export const NC_LINES: u32 = 256;
export const NC_BYTES: u32 = 64 * 1024;
export const LOG_BYTES: u32 = 64 * 1024;
export const COMMAND_LINE_BYTES: u32 = 4096;
export const CONFIG_FILE_BYTES: u32 = 64 * 1024;
/** Wrong lines of a config file that are reported one by one. */
export const CONFIG_PROBLEMS: u32 = 32;
/** Heap that must be free before an operation that allocates much may start. */
export const HEAP_RESERVE: u32 = 1024 * 1024;
/** Frames that tcpdump holds until they are printed, and how much of each. */
export const CAPTURE_FRAMES: u32 = 256;
export const CAPTURE_BYTES: u32 = 128;
