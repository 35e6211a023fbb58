/* The TLS door (machine/host.ts): connections, and the bytes that go in and out of them. mbedTLS
 * reads the caller's input straight into its record buffer, and its output goes straight from its
 * record buffer to the caller: nothing is buffered twice. */
#include "tls.h"
#include "mbedtls/platform.h"
#include "ssl_misc.h"

static struct connection* connections[TLS_CONNECTIONS + 1];

struct connection* tls_connection(u32 handle) {
  return handle <= TLS_CONNECTIONS ? connections[handle] : NULL;
}

/* Copies `source` to TypeScript if all of it fits. Returns its length in either case. */
u32 tls_copy_out(u32 destination, u32 capacity, const void* source, size_t length) {
  if (source == NULL) return 0;
  if (length <= capacity) memcpy(pointer(destination), source, length);
  return length;
}

/* --- bytes between mbedTLS and the caller's windows ------------------------------------------- */

static int read_input(void* context, u8* destination, size_t wanted) {
  struct connection* connection = context;
  int failure = destination == connection->ssl.in_hdr ? tls_check_last_record(connection) : 0;
  if (failure != 0) return failure;
  if (connection->input_left == 0) return MBEDTLS_ERR_SSL_WANT_READ;
  failure = tls_check_next_record(connection, destination);
  if (failure != 0) return failure;
  u32 count = wanted < connection->input_left ? wanted : connection->input_left;
  memcpy(destination, connection->input, count);
  connection->input += count;
  connection->input_left -= count;
  return count;
}

static int write_output(void* context, const u8* source, size_t length) {
  struct connection* connection = context;
  if (connection->output_left == 0) return MBEDTLS_ERR_SSL_WANT_WRITE;
  u32 count = length < connection->output_left ? length : connection->output_left;
  memcpy(connection->output, source, count);
  connection->output += count;
  connection->output_left -= count;
  return count;
}

/* --- opening and freeing ---------------------------------------------------------------------- */

static void discard(struct connection* connection) {
  u32 handle = connection->handle;
  tls_heap_owner = handle;
  tls_end_search(connection);
  tls_drop_staples(connection);
  mbedtls_free(connection->parts);
  mbedtls_free(connection->long_message);
  mbedtls_ssl_free(&connection->ssl);
  mbedtls_ssl_config_free(&connection->config);
  mbedtls_free(connection);
  connections[handle] = NULL;
}

static int set_up(struct connection* connection, bool server, const u8* name, u32 length) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  if (!server && !tls_set_name(connection, name, length)) {
    return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  }
  int failure = tls_configure(connection, server);
  if (failure == 0) failure = mbedtls_ssl_setup(ssl, &connection->config);
  if (failure != 0) return failure;
  mbedtls_ssl_set_bio(ssl, connection, write_output, read_input, NULL);
  /* SNI never carries an address (RFC 6066, 3); verify.c checks addresses and names alike. */
  bool named = !server && connection->address_length == 0;
  return mbedtls_ssl_set_hostname(ssl, named ? connection->name : NULL);
}

u32 tls_open(bool server, const u8* name, u32 length, u32 options) {
  u32 handle = 1;
  while (handle <= TLS_CONNECTIONS && connections[handle] != NULL) handle++;
  if (!tls_started || handle > TLS_CONNECTIONS) return 0;
  if (server && tls_identity_chain[1].version == 0) return 0;
  tls_heap_owner = handle;
  tls_heap_forget_peak(handle);
  struct connection* connection = mbedtls_calloc(1, sizeof *connection);
  if (connection == NULL) return 0;
  connections[handle] = connection;
  connection->handle = handle;
  connection->options = options;
  connection->state = HANDSHAKING;
  connection->again = true;
  connection->root = connection->alert_received = -1;
  connection->alert_sent = connection->alert_due = NO_ALERT;
  mbedtls_ssl_init(&connection->ssl);
  mbedtls_ssl_config_init(&connection->config);
  if (set_up(connection, server, name, length) == 0) return handle;
  discard(connection);
  return 0;
}

u32 w2c_host_tlsOpenClient(HOST, u32 name, u32 length, u32 options) {
  return tls_open(false, pointer(name), length, options);
}

u32 w2c_host_tlsOpenServer(HOST, u32 options) { return tls_open(true, NULL, 0, options); }

void tls_free(u32 handle) {
  struct connection* connection = tls_connection(handle);
  if (connection != NULL) discard(connection);
}

void w2c_host_tlsFree(HOST, u32 handle) { tls_free(handle); }

/* --- failure ---------------------------------------------------------------------------------- */

static void fail(struct connection* connection, int error, bool alert_queued) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  connection->state = FAILED;
  connection->error = error;
  connection->again = false;
  mbedtls_free(connection->parts);
  connection->parts = NULL;
  if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && !alert_queued) {
    connection->alert_received = ssl->in_msg[1];
  }
  if (!alert_queued) connection->alert_due = tls_alert_for(ssl, error);
  if (alert_queued && connection->alert_sent == NO_ALERT) {
    connection->alert_sent = tls_alert_for(ssl, error);
  }
}

/* --- progress --------------------------------------------------------------------------------- */

/* Saves what mbedTLS forgets when the handshake is over. */
static void note_handshake(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  const mbedtls_ssl_handshake_params* handshake = ssl->handshake;
  if (handshake == NULL) return;
  connection->extended = handshake->extended_ms != 0;
  connection->certificate_requested |= handshake->client_auth != 0;
  if (ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_3) {
    connection->group = handshake->offered_group_id;
    connection->resumed = mbedtls_ssl_tls13_key_exchange_mode_with_psk((mbedtls_ssl_context*)ssl);
  } else if (ssl->state > MBEDTLS_SSL_SERVER_HELLO) {
    const mbedtls_ecp_curve_info* curve = NULL;
    if (handshake->ecdh_ctx.grp_id != MBEDTLS_ECP_DP_NONE) {
      curve = mbedtls_ecp_curve_info_from_grp_id(handshake->ecdh_ctx.grp_id);
    }
    connection->resumed = handshake->resume != 0;
    if (curve != NULL || connection->resumed) connection->group = curve ? curve->tls_id : 0;
  }
}

/* Reports whether mbedTLS can make progress without more input. */
static bool pending(const mbedtls_ssl_context* ssl) {
  if (ssl->in_offt != NULL) return false;
  return ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || mbedtls_ssl_check_pending(ssl);
}

/* Reports whether the connection may open. This is defence in depth, independent of mbedTLS's
   result: unless a client is INSECURE, path.c must have verified the server, or the server must
   have resumed a session that tlsResume accepted, and the roots must not have changed since. */
static bool permitted(const struct connection* connection) {
  bool client = connection->ssl.conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
  bool known = connection->resumed && connection->offered_session &&
               connection->generation == tls_roots_generation();
  return !client || (connection->options & INSECURE) || connection->verified || known;
}

/* Takes a step of the search for a path to a trusted root, which interrupts the handshake. */
static void step_search(struct connection* connection) {
  int result = tls_step_search(connection);
  connection->again = true;
  if (result != 0 && result != MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS) {
    fail(connection, result, false);
  }
}

static void step_handshake(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  bool alert_before = ssl->send_alert;
  int state_before = ssl->state;
  tls_choose_keys(ssl, state_before);
  int result = mbedtls_ssl_handshake_step(ssl);
  note_handshake(connection);
  tls_bound_early_data(ssl);
  tls_choose_keys(ssl, state_before);
  if (ssl->state != state_before) connection->idle = 0;
  if (ssl->send_alert && !alert_before) { /* mbedTLS has queued an alert and recorded the reason */
    fail(connection, ssl->alert_reason, !tls_drop_hello(ssl));
    return;
  }
  if (result == 0) result = tls_check_message(ssl, state_before);
  connection->again = result == 0 || result == MBEDTLS_ERR_SSL_WANT_WRITE ||
                      (connection->search != NULL && !connection->status_awaited);
  if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return;
  if (result != 0) {
    bool dropped = tls_drop_hello(ssl);
    bool queued = ssl->out_left != 0 || connection->alert_sent != NO_ALERT;
    fail(connection, result, queued && !dropped);
  } else if (ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER && !permitted(connection)) {
    fail(connection, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, false);
  } else if (ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER) {
    connection->state = OPEN;
    connection->again = pending(ssl);
    bool client = ssl->conf->endpoint == MBEDTLS_SSL_IS_CLIENT;
    bool old = ssl->tls_version == MBEDTLS_SSL_VERSION_TLS1_2;
    /* A TLS 1.2 session without RFC 7627 must not be resumed. */
    connection->new_session = client && old && connection->extended && !connection->resumed &&
                              !(connection->options & NO_TICKETS);
  }
}

static void step_open(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  u32 out_before = ssl->out_left, idle_before = connection->idle;
  int result = 0;
  connection->message = false;
  if (ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER) result = tls_read_ahead(connection);
  if (result == 0) result = mbedtls_ssl_read(ssl, NULL, 0);
  if (ssl->in_offt != NULL)
    connection->idle = 0;
  else if (connection->message && connection->idle == idle_before) /* its record was not counted */
    connection->idle++;
  connection->again = pending(ssl);
  switch (result) {
    case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET: connection->new_session = true; break;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
      connection->state = PEER_CLOSED;
      connection->again = false;
      return;
    case 0:
    case MBEDTLS_ERR_SSL_WANT_READ:
    case MBEDTLS_ERR_SSL_WANT_WRITE: break;
    default: fail(connection, result, ssl->out_left > out_before);
  }
  if (connection->idle > IDLE_LIMIT) {
    fail(connection, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, false);
  }
}

u32 tls_step(struct connection* connection, const u8* input, u32 length) {
  if (connection == NULL) return 0;
  mbedtls_ssl_context* ssl = &connection->ssl;
  u32 failures = tls_heap_failures;
  tls_heap_owner = connection->handle;
  connection->input = input;
  connection->input_left = length;
  bool search = connection->search != NULL && !connection->status_awaited;
  if (search && connection->state == HANDSHAKING)
    step_search(connection);
  else if (connection->state == HANDSHAKING && ssl->out_left == 0 && connection->parts == NULL)
    step_handshake(connection);
  else if (connection->state == OPEN && ssl->in_offt == NULL)
    step_open(connection);
  /* mbedTLS ignores some failed allocations, for instance when it computes Finished in TLS 1.2. */
  if (tls_heap_failures != failures && connection->state != FAILED) {
    fail(connection, MBEDTLS_ERR_SSL_ALLOC_FAILED, false);
  }
  u32 taken = length - connection->input_left;
  connection->input_left = 0;
  return taken;
}

u32 w2c_host_tlsStep(HOST, u32 handle, u32 input, u32 length) {
  return tls_step(tls_connection(handle), pointer(input), length);
}

u32 w2c_host_tlsState(HOST, u32 handle) {
  struct connection* connection = tls_connection(handle);
  if (connection == NULL) return NONE;
  bool output = connection->ssl.out_left != 0 || connection->parts != NULL ||
                connection->alert_due != NO_ALERT;
  /* Once the connection is open, output must be sent first. Otherwise a peer could keep the caller
     busy without anything being sent. */
  bool open = connection->state == OPEN;
  bool again = connection->again && !(open && connection->ssl.out_left != 0);
  return connection->state | (output ? OUTPUT : 0) | (again ? AGAIN : 0) |
         (connection->new_session ? NEW_SESSION : 0);
}

/* --- bytes out, plaintext in and out ---------------------------------------------------------- */

/* Sends what is pending. Returns 0 once all of it is sent, or MBEDTLS_ERR_SSL_WANT_WRITE. */
static int flush(struct connection* connection) {
  mbedtls_ssl_context* ssl = &connection->ssl;
  int result = mbedtls_ssl_flush_output(ssl);
  while (result == 0 && connection->parts != NULL) {
    result = tls_send_part(connection);
    if (result == 0) result = mbedtls_ssl_flush_output(ssl);
  }
  if (result == 0 || result == MBEDTLS_ERR_SSL_WANT_WRITE) return result;
  fail(connection, result, false);
  return mbedtls_ssl_flush_output(ssl);
}

u32 tls_transmit(struct connection* connection, u8* destination, u32 capacity) {
  if (connection == NULL) return 0;
  mbedtls_ssl_context* ssl = &connection->ssl;
  tls_heap_owner = connection->handle;
  connection->output = destination;
  connection->output_left = capacity;
  if (flush(connection) == 0 && connection->alert_due != NO_ALERT) {
    i32 alert = connection->alert_due;
    bool warning = alert == MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY;
    connection->alert_due = NO_ALERT;
    connection->alert_sent = alert;
    mbedtls_ssl_send_alert_message(
        ssl, warning ? MBEDTLS_SSL_ALERT_LEVEL_WARNING : MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
  }
  u32 given = capacity - connection->output_left;
  connection->output_left = 0;
  return given;
}

u32 w2c_host_tlsTransmit(HOST, u32 handle, u32 destination, u32 capacity) {
  return tls_transmit(tls_connection(handle), pointer(destination), capacity);
}

static u32 readable(const struct connection* connection) {
  if (connection == NULL || connection->state == FAILED) return 0;
  return mbedtls_ssl_get_bytes_avail(&connection->ssl);
}

u32 w2c_host_tlsReadable(HOST, u32 handle) { return readable(tls_connection(handle)); }

u32 tls_read(struct connection* connection, void* destination, u32 capacity) {
  if (capacity == 0 || readable(connection) == 0) return 0;
  tls_heap_owner = connection->handle;
  int count = mbedtls_ssl_read(&connection->ssl, destination, capacity);
  return count > 0 ? count : 0;
}

u32 w2c_host_tlsRead(HOST, u32 handle, u32 destination, u32 capacity) {
  return tls_read(tls_connection(handle), pointer(destination), capacity);
}

u32 tls_write(struct connection* connection, const void* source, u32 length) {
  if (connection == NULL || connection->closed || length == 0) return 0;
  mbedtls_ssl_context* ssl = &connection->ssl;
  if (connection->state != OPEN && connection->state != PEER_CLOSED) return 0;
  if (ssl->out_left != 0 || ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER) return 0;
  tls_heap_owner = connection->handle;
  u32 most = mbedtls_ssl_get_max_out_record_payload(ssl);
  u32 count = length < most ? length : most;
  int result = mbedtls_ssl_write(ssl, source, count);
  if (result == MBEDTLS_ERR_SSL_WANT_WRITE) return count; /* encrypted, waiting to be sent */
  fail(connection, result, false);
  return 0;
}

u32 w2c_host_tlsWrite(HOST, u32 handle, u32 source, u32 length) {
  return tls_write(tls_connection(handle), pointer(source), length);
}

void w2c_host_tlsClose(HOST, u32 handle) {
  struct connection* connection = tls_connection(handle);
  if (connection == NULL || connection->closed) return;
  connection->closed = true;
  if (connection->state == OPEN || connection->state == PEER_CLOSED) {
    connection->alert_due = MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY;
  }
}
