/*
 * Load and measurement for bench/live: UDP over IPv4 from a socket in the network namespace FROM to one
 * in TO (both named by files, as nsenter(1) takes them). All is bounded in time and count; results are
 * one JSON object on standard output.
 *
 *     traffic load FROM TO HOST PORT BYTES RATE WARM_MS WINDOW_MS [PID ...]
 *             RATE packets/s, evenly spaced (0: as many as it can); after the first packet and WARM_MS,
 *             counts for WINDOW_MS what arrives, and the CPU time of the processes in the same window
 *     traffic steady FROM TO HOST PORT BYTES START_RATE STEPS WARM_MS WINDOW_MS
 *             looks in at most STEPS steps for the highest rate of which less than 1 in 1,000 is lost
 *     traffic trips FROM TO HOST PORT BYTES COUNT GAP_US
 *             round trips, one at a time, each GAP_US after the last began
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD_BYTES_MAX = 1472, HEAD_BYTES = 64, BATCH = 64, SECONDS_MAX = 60, PIDS_MAX = 8 };
/* What comes while the sender has the processor must fit: 8 ms at 500,000 packets/s of 768 bytes each. */
enum { BUFFER_BYTES = 64 << 20 };
enum { SINK_GAP_NS = 500000, FIRST_PACKET_MS = 5000, ANSWER_MS = 200, PINGS_MAX = 1 << 16 };

/* Of a step of `steady`: what may be lost; and a queue that fills is no steady state either. */
static const double LOST_MAX = 0.001, BEHIND_MAX = 0.02;
/* The sender could not offer what it was told to: there is nothing faster to try. */
static const double OFFERED_MIN = 0.95;
/* Between steps until one passes and one fails; and where the two are close enough. */
static const double STRIDE = 1.3, PRECISION = 1.05;
enum { TRIES = 2, RATE_MIN = 500 };

/* What parent and sender share: a new `epoch` makes the sender start anew with the rate. */
static struct {
  _Atomic int64_t epoch, rate, sent;
} *shared;

static uint8_t payloads[BATCH][PAYLOAD_BYTES_MAX];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void require(int ok, const char *attempted) {
  if (ok) return;
  perror(attempted);
  exit(1);
}

static int64_t clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void sleep_until(int64_t time_ns) {
  struct timespec time = {.tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* A socket stays in the namespace in which it was made. */
static int udp_socket(const char *namespace) {
  int file = open(namespace, O_RDONLY | O_CLOEXEC);
  require(file >= 0 && setns(file, CLONE_NEWNET) == 0, namespace);
  close(file);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  require(fd >= 0, "open a UDP socket");
  int bytes = BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return fd;
}

static void prepare_messages(int bytes) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){payloads[i], bytes};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
}

/* Every datagram begins with its number. Until it is killed. */
static void send_as_told(int fd, int bytes) {
  int64_t number = 0;
  prepare_messages(bytes);
  for (;;) {
    int64_t epoch = shared->epoch, rate = shared->rate, start_ns = now_ns(), sent = 0;
    while (shared->epoch == epoch) {
      int64_t due = BATCH;
      if (rate > 0) {
        sleep_until(start_ns + sent * 1000000000 / rate);
        due = (now_ns() - start_ns) * rate / 1000000000 + 1 - sent;
        if (due > BATCH) due = BATCH;
        if (due <= 0) continue;
      }
      for (int i = 0; i < due; i++) *(int64_t *)payloads[i] = number + i;
      int taken = sendmmsg(fd, messages, due, 0);
      if (taken <= 0) continue;
      sent += taken;
      number += taken;
      shared->sent = number;
    }
  }
}

static pid_t start_child(void) {
  pid_t child = fork();
  require(child >= 0, "fork");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(SECONDS_MAX);
  return 0;
}

static void end_child(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

/* What a window of time saw. */
struct Seen {
  int64_t packets, first, last;
};

/* Looks every SINK_GAP_NS and never waits for a packet: whoever brings one would have to wake us. */
static struct Seen receive_until(int fd, int64_t end_ns) {
  struct Seen seen = {0, -1, -1};
  for (int64_t time_ns = now_ns(); time_ns < end_ns; time_ns = now_ns()) {
    int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count <= 0) {
      sleep_until(time_ns + SINK_GAP_NS);
      continue;
    }
    if (seen.first < 0) seen.first = *(int64_t *)payloads[0];
    seen.packets += count;
    for (int i = 0; i < count; i++) {
      int64_t number = *(int64_t *)payloads[i];
      if (number > seen.last) seen.last = number;
    }
  }
  return seen;
}

/* Datagrams that reached the socket and found it full were delivered all the same. */
static int64_t overflowed(int fd) {
  uint32_t info[SK_MEMINFO_VARS];
  socklen_t bytes = sizeof info;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &bytes) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

static int64_t cpu_ns(int count, char **pids) {
  int64_t sum_ns = 0;
  for (int i = 0; i < count; i++) {
    clockid_t clock;
    if (clock_getcpuclockid(atoi(pids[i]), &clock) == 0) sum_ns += clock_ns(clock);
  }
  return sum_ns;
}

static void wait_for_first(int fd) {
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  require(poll(&readable, 1, FIRST_PACKET_MS) == 1, "receive a first packet");
}

static void load(int fd, int64_t warm_ns, int64_t window_ns, int pid_count, char **pids) {
  wait_for_first(fd);
  receive_until(fd, now_ns() + warm_ns);
  int64_t overflowed_before = overflowed(fd), cpu_before_ns = cpu_ns(pid_count, pids);
  int64_t start_ns = now_ns();
  struct Seen seen = receive_until(fd, start_ns + window_ns);
  int64_t took_ns = now_ns() - start_ns, used_ns = cpu_ns(pid_count, pids) - cpu_before_ns;
  seen.packets += overflowed(fd) - overflowed_before;
  printf("{\"packets\":%lld,\"windowNs\":%lld,\"cpuNs\":%lld}\n", (long long)seen.packets,
         (long long)took_ns, (long long)used_ns);
}

/* Returns the packets/s that arrived, or 0 when too many did not; and how many were offered. */
static double step(int fd, double rate, int64_t warm_ns, int64_t window_ns, double *offered) {
  shared->rate = rate;
  shared->epoch++;
  receive_until(fd, now_ns() + warm_ns);
  int64_t overflowed_before = overflowed(fd), sent_before = shared->sent, start_ns = now_ns();
  struct Seen seen = receive_until(fd, start_ns + window_ns);
  double seconds = (now_ns() - start_ns) / 1e9;
  int64_t sent = shared->sent - sent_before;
  int64_t arrived = seen.packets + overflowed(fd) - overflowed_before;
  *offered = sent / seconds;
  int has_lost = seen.packets == 0 || arrived < (1 - LOST_MAX) * (seen.last - seen.first + 1);
  return has_lost || arrived < (1 - BEHIND_MAX) * sent ? 0 : arrived / seconds;
}

static void steady(int fd, double rate, int steps, int64_t warm_ns, int64_t window_ns) {
  double passed = 0, failed = 0, best = 0;
  wait_for_first(fd);
  for (int i = 0; i < steps && rate >= RATE_MIN; i++) {
    double offered = 0, arrived = 0;
    for (int t = 0; t < TRIES && arrived == 0; t++) {
      arrived = step(fd, rate, warm_ns, window_ns, &offered);
    }
    if (arrived > best) best = arrived;
    if (arrived == 0) failed = rate;
    else passed = rate;
    if (arrived > 0 && offered < OFFERED_MIN * rate) break;
    if (passed > 0 && failed > 0 && failed < PRECISION * passed) break;
    if (passed == 0) rate = failed / STRIDE;
    else if (failed == 0) rate = passed * STRIDE;
    else rate = sqrt(passed * failed);
  }
  printf("{\"packetsPerSecond\":%.0f}\n", best);
}

static void echo(int fd) {
  for (;;) {
    struct sockaddr_in peer;
    socklen_t peer_bytes = sizeof peer;
    ssize_t bytes = recvfrom(fd, payloads[0], PAYLOAD_BYTES_MAX, 0, (struct sockaddr *)&peer, &peer_bytes);
    if (bytes > 0) sendto(fd, payloads[0], bytes, 0, (struct sockaddr *)&peer, peer_bytes);
  }
}

static int by_value(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void trips(int fd, int bytes, int count, int64_t gap_ns) {
  static int64_t times_ns[PINGS_MAX];
  int answered = 0;
  require(count > 0 && count <= PINGS_MAX, "at most PINGS_MAX pings");
  int64_t next_ns = now_ns();
  for (uint32_t i = 1; i <= (uint32_t)count; i++, next_ns += gap_ns) {
    sleep_until(next_ns);
    int64_t start_ns = now_ns();
    memcpy(payloads[0], &i, sizeof i);
    send(fd, payloads[0], bytes, 0);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    uint32_t answer = 0;
    /* A late answer to an earlier ping is not this one's. */
    while (answer != i && poll(&readable, 1, ANSWER_MS) == 1) {
      if (recv(fd, payloads[0], PAYLOAD_BYTES_MAX, MSG_DONTWAIT) > 0) memcpy(&answer, payloads[0], 4);
    }
    if (answer == i) times_ns[answered++] = now_ns() - start_ns;
  }
  require(answered > 0, "get an answer");
  qsort(times_ns, answered, sizeof times_ns[0], by_value);
  printf("{\"lost\":%d,\"p50Ns\":%lld,\"p99Ns\":%lld}\n", count - answered,
         (long long)times_ns[answered / 2], (long long)times_ns[answered * 99LL / 100]);
}

static int64_t ms(const char *text) { return atoll(text) * 1000000; }

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  int is_load = !strcmp(what, "load") && count >= 10 && count <= 10 + PIDS_MAX;
  int is_steady = !strcmp(what, "steady") && count == 11;
  int is_trips = !strcmp(what, "trips") && count == 9;
  if (!is_load && !is_steady && !is_trips) {
    fputs("traffic load|steady|trips FROM TO HOST PORT BYTES …: see traffic.c\n", stderr);
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1);
  alarm(SECONDS_MAX);
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[5]))};
  struct sockaddr_in any = to;
  require(inet_pton(AF_INET, arguments[4], &to.sin_addr) == 1, arguments[4]);
  int receiver = udp_socket(arguments[3]);
  require(bind(receiver, (struct sockaddr *)&any, sizeof any) == 0, "bind the UDP socket");
  int sender = udp_socket(arguments[2]);
  require(connect(sender, (struct sockaddr *)&to, sizeof to) == 0, "connect the UDP socket");
  int bytes = atoi(arguments[6]);
  require(bytes >= 8 && bytes <= PAYLOAD_BYTES_MAX, "8 to PAYLOAD_BYTES_MAX bytes");
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(shared != MAP_FAILED, "map memory");
  shared->rate = is_trips ? 0 : atoll(arguments[7]);

  pid_t child = start_child();
  if (child == 0) {
    if (is_trips) echo(receiver);
    else send_as_told(sender, bytes);
  }
  /* The receiver looks at the numbers only. */
  prepare_messages(HEAD_BYTES);
  char **rest = arguments + 8;
  if (is_load) load(receiver, ms(rest[0]), ms(rest[1]), count - 10, rest + 2);
  else if (is_steady) steady(receiver, atof(arguments[7]), atoi(rest[0]), ms(rest[1]), ms(rest[2]));
  else trips(sender, bytes, atoi(arguments[7]), atoll(rest[0]) * 1000);
  end_child(child);
  return 0;
}
