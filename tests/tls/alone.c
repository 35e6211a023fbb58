/* The harness without a network: pairs of a client and a server that converse in memory while
 * allocations fail one by one or the trusted roots change; the library's self-tests; the built-in
 * roots; the speed of ciphers.
 *     harness change CHAIN KEY NAME root=FILE [absent=1]
 *     harness pair CHAIN KEY NAME [times=COUNT] [pace=SECONDS]
 *                  [failing=client|server (step=N last=N | final=N)]
 * `failing` fails that side's allocations 1, 1 + step, ... up to `last`, or the last `final` ones,
 * each in a conversation of its own. */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define STEPS 400
#define RECOVERY 50 /* failures per undisturbed conversation; 1 if `pace` is set */

static u8 wire[1 << 14], text[1 << 16];
static char word[512];

/* --- pairs ------------------------------------------------------------------------------------ */

struct side {
  u32 handle;
  u32 failing; /* the number of the allocation to fail; 1 = the next, 0 = none */
};

/* Allocations between `begin` and `end` count as this side's. */
static void begin(const struct side* side) { tls_fail_allocation = side->failing; }
static void end(struct side* side) {
  side->failing = tls_fail_allocation;
  tls_fail_allocation = 0;
}

static u32 state_of(const struct side* side) { return w2c_host_tlsState(NULL, side->handle) & 15; }

/* Runs that change the trusted roots: before the client's step number `change_at`. */
static u32 watched, steps, change_at, verdict_at; /* the client; numbers of its steps */
static u8 root[1 << 12];
static u32 root_length;

static void change_roots(void) {
  if (w2c_host_tlsRootCount(NULL, 1) == 0)
    w2c_host_tlsAddRoot(NULL, at(root), root_length);
  else
    w2c_host_tlsRemoveRoot(NULL, 0);
}

static u32 step(u32 handle, u32 from, u32 length) {
  if (handle == watched && ++steps == change_at) change_roots();
  u32 taken = w2c_host_tlsStep(NULL, handle, from, length);
  bool over = (i32)w2c_host_tlsNumber(NULL, handle, 9) >= 0 ||
              (w2c_host_tlsState(NULL, handle) & 15) == FAILED;
  if (handle == watched && verdict_at == 0 && over) verdict_at = steps;
  return taken;
}

static void pass_on(struct side* from, struct side* to) {
  begin(from);
  step(from->handle, at(wire), 0);
  u32 length = w2c_host_tlsTransmit(NULL, from->handle, at(wire), sizeof wire), taken = 0;
  end(from);
  begin(to);
  for (u32 i = 0; taken < length && i < STEPS; i++) {
    taken += step(to->handle, at(wire + taken), length - taken);
  }
  end(to);
}

/* Runs a handshake, a question and an answer; reports whether all succeeded. */
static bool converse(struct side* client, struct side* server) {
  static const char question[] = "to be?", answer[] = "or not";
  u32 asked = 0, unanswered = 0;
  for (u32 i = 0; i < STEPS; i++) {
    pass_on(client, server);
    pass_on(server, client);
    if (state_of(client) == FAILED || state_of(server) == FAILED) return false;
    begin(client);
    if (asked == 0) asked = w2c_host_tlsWrite(NULL, client->handle, at(question), sizeof question);
    u32 count = w2c_host_tlsRead(NULL, client->handle, at(text), sizeof text);
    end(client);
    if (count != 0) return count == sizeof answer && memcmp(text, answer, count) == 0;
    begin(server);
    count = w2c_host_tlsRead(NULL, server->handle, at(text), sizeof text);
    if (count == sizeof question && memcmp(text, question, count) == 0) unanswered = count;
    if (unanswered != 0 && w2c_host_tlsWrite(NULL, server->handle, at(answer), sizeof answer) != 0)
      unanswered = 0;
    end(server);
  }
  return false;
}

struct tally {
  u32 good, failed, wrong, leaks, unreached;
};

/* Runs a conversation in which one side's allocation number `failing` fails (0: none). Returns how
 * many allocations this side made, up to that one (0 if `failing` is 0). */
static u32 run_pair(const char* name, bool of_client, u32 failing, struct tally* tally) {
  struct side client = {0, of_client ? failing : 0}, server = {0, of_client ? 0 : failing};
  u32 options = number_of("options", 0), failures = w2c_host_tlsHeap(NULL, 5);
  tick();
  begin(&server);
  server.handle = w2c_host_tlsOpenServer(NULL, options);
  end(&server);
  begin(&client);
  client.handle = w2c_host_tlsOpenClient(NULL, at(name), strlen(name), options);
  end(&client);
  bool both = client.handle != 0 && server.handle != 0;
  bool good = both && converse(&client, &server);
  bool reached = w2c_host_tlsHeap(NULL, 5) != failures;
  /* The side that ran out of memory must report it, and the client must not continue unverified. */
  const struct side* hit = of_client ? &client : &server;
  bool known = hit->handle == 0 ||
               (state_of(hit) == FAILED && w2c_host_tlsNumber(NULL, hit->handle, 0) != 0);
  bool unverified = w2c_host_tlsNumber(NULL, client.handle, 1) != 0 && state_of(&client) == OPEN;
  w2c_host_tlsFree(NULL, client.handle);
  w2c_host_tlsFree(NULL, server.handle);
  tally->good += good;
  tally->failed += !good;
  tally->wrong += (!good && !(reached && known)) || unverified;
  tally->leaks += w2c_host_tlsHeap(NULL, 0) != 0 || w2c_host_tlsHeap(NULL, 3) != 0;
  tally->unreached += failing != 0 && !reached;
  return failing - hit->failing;
}

struct outcome {
  bool open, resumed, root;
};

/* Runs a conversation in which the roots change before the client's step number `when` (0: never),
   then offers its session in another connection. */
static struct outcome run_change(const char* name, u32 when) {
  static u8 saved[1 << 14];
  struct side client = {0, 0}, server = {0, 0};
  struct outcome outcome;
  u32 options = number_of("options", 0);
  add_entropy();
  steps = verdict_at = 0;
  change_at = when;
  server.handle = w2c_host_tlsOpenServer(NULL, options);
  watched = client.handle = w2c_host_tlsOpenClient(NULL, at(name), strlen(name), options);
  outcome.open = converse(&client, &server);
  outcome.root = (i32)w2c_host_tlsNumber(NULL, client.handle, 9) >= 0;
  u32 length = w2c_host_tlsSession(NULL, client.handle, at(saved), sizeof saved);
  w2c_host_tlsFree(NULL, client.handle);
  w2c_host_tlsFree(NULL, server.handle);
  client.handle = w2c_host_tlsOpenClient(NULL, at(name), strlen(name), options);
  outcome.resumed = length != 0 && w2c_host_tlsResume(NULL, client.handle, at(saved), length) == 0;
  w2c_host_tlsFree(NULL, client.handle);
  watched = 0;
  return outcome;
}

#define LATER 3

/* Changes the roots before each step of a client up to the one with the verdict, and before some
   later ones. The added root is trusted at first, or with `absent` only after the change. */
void run_changes(const char* given_name) {
  static char name[300];
  snprintf(name, sizeof name, "%s", given_name);
  root_length = w2c_host_tlsRoot(NULL, 1, 0, at(root), sizeof root);
  bool absent = number_of("absent", 0) != 0;
  if (absent) change_roots();
  struct outcome usual = run_change(name, 0);
  u32 verdict = verdict_at, early = 0, late = 0, resumed = 0, shown = 0;
  for (u32 when = 1; when <= verdict + LATER; when++) {
    struct outcome one = run_change(name, when);
    if (w2c_host_tlsRootCount(NULL, 1) == absent) change_roots(); /* back */
    early += one.open && when <= verdict;
    late += one.open && when > verdict;
    resumed += one.resumed && when > verdict;
    shown += one.root && when > verdict;
  }
  printf("usual-open=%u\nusual-resumed=%u\nusual-root=%u\nverdict=%u\n", usual.open, usual.resumed,
         usual.root, verdict);
  printf("early-open=%u\nlate-open=%u\nlate-resumed=%u\nlate-root=%u\n", early, late, resumed,
         shown);
  print_rest();
}

static void print_tally(const char* name, const struct tally* tally) {
  printf("%s-good=%u\n%s-failed=%u\n%s-wrong=%u\n%s-leaks=%u\n%s-unreached=%u\n", name, tally->good,
         name, tally->failed, name, tally->wrong, name, tally->leaks, name, tally->unreached);
}

void run_pairs(const char* given_name) {
  static char name[300];
  snprintf(name, sizeof name, "%s", given_name);
  const char* failing = value_of("failing");
  bool of_client = failing != NULL && strcmp(failing, "client") == 0;
  struct tally spoilt = {0}, plain = {0};
  u32 pace = number_of("pace", 0), first = 1;
  for (u32 i = 0; i < number_of("times", 1); i++) {
    add_entropy();
    let_pass(pace);
    run_pair(name, of_client, 0, &plain);
  }
  u32 resident = w2c_host_tlsHeap(NULL, 4);
  u32 final = number_of("final", 0);
  u32 last = number_of("last", final), step = number_of("step", 1);
  if (final != 0) first = run_pair(name, of_client, UINT32_MAX, &plain) - final;
  for (u32 i = 0; failing != NULL && i < last / step; i++) {
    add_entropy();
    let_pass(pace);
    run_pair(name, of_client, first + i * step, &spoilt);
    if (pace != 0 || i % RECOVERY == 0) run_pair(name, of_client, 0, &plain);
  }
  print_tally("spoilt", &spoilt);
  print_tally("plain", &plain);
  printf("resident=%d\n", (i32)(w2c_host_tlsHeap(NULL, 4) - resident));
  print_rest();
}

/* --- the rest --------------------------------------------------------------------------------- */

static void run_self_tests(void) {
  for (u32 i = 0;; i++) {
    u32 length = w2c_host_tlsSelfTestName(NULL, i, at(word), sizeof word);
    if (length == 0) break;
    printf("%.*s=%d\n", (int)length, word, (i32)w2c_host_tlsSelfTest(NULL, i));
  }
}

static void run_roots(void) {
  u32 count = w2c_host_tlsRootCount(NULL, 0), readable = 0;
  for (u32 i = 0; i < count; i++) {
    u32 length = w2c_host_tlsRoot(NULL, 0, i, at(text), sizeof text);
    readable +=
        w2c_host_tlsCertificateText(NULL, at(text), length, 0, 0, at(word), sizeof word) != 0;
  }
  printf("roots=%u\nreadable=%u\nresident=%u\n", count, readable, w2c_host_tlsHeap(NULL, 4));
}

static void run_benchmark(void) {
  for (u32 cipher = 0; cipher < 3; cipher++) {
    clock_t before = clock();
    w2c_host_tlsBenchmark(NULL, cipher, 32 << 20);
    printf("cipher-%u=%ld MB/s\n", cipher, 32 * CLOCKS_PER_SEC / (clock() - before + 1));
  }
}

bool run_alone(const char* verb) {
  if (strcmp(verb, "selftest") == 0)
    run_self_tests();
  else if (strcmp(verb, "roots") == 0)
    run_roots();
  else if (strcmp(verb, "benchmark") == 0)
    run_benchmark();
  else if (strcmp(verb, "loopback") == 0)
    printf("loopback=%d\n", (i32)w2c_host_tlsLoopback(NULL));
  else
    return false;
  return true;
}
