/*
 * Load and measurement for bench/live, each bounded in time and count. All talk UDP over IPv4 with
 * datagrams of 64 bytes; results are one JSON object on standard output.
 *
 *     traffic send HOST PORT MS RATE        RATE packets/s, evenly spaced; 0: as many as it can
 *     traffic sink PORT WARM_MS WINDOW_MS PID
 *             waits for the first packet and then WARM_MS, then counts for WINDOW_MS what reaches its
 *             socket, and the CPU time of process PID (0: none) in the same window
 *     traffic echo PORT                     answers until it is ended
 *     traffic ping HOST PORT COUNT GAP_US   round trips, one at a time, each GAP_US after the last began
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD_BYTES = 64, BATCH = 64, SECONDS_MAX = 120 };
/* What comes while the sender has the processor must fit: 8 ms at 500,000 packets/s of 768 bytes each. */
enum { BUFFER_BYTES = 64 << 20 };
enum { SINK_GAP_NS = 500000 };
enum { FIRST_PACKET_MS = 5000, ANSWER_MS = 200, PINGS_MAX = 1 << 20 };

static uint8_t payloads[BATCH][PAYLOAD_BYTES];
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

static struct sockaddr_in address(const char *host, const char *port) {
  struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  require(inet_pton(AF_INET, host, &result.sin_addr) == 1, host);
  return result;
}

static int udp_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  require(fd >= 0, "open a UDP socket");
  int bytes = BUFFER_BYTES;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  return fd;
}

static int bound_socket(const char *port) {
  int fd = udp_socket();
  struct sockaddr_in any = address("0.0.0.0", port);
  require(bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind the UDP socket");
  return fd;
}

static int connected_socket(const char *host, const char *port) {
  int fd = udp_socket();
  struct sockaddr_in peer = address(host, port);
  require(connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0, "connect the UDP socket");
  return fd;
}

static void prepare_messages(void) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){payloads[i], PAYLOAD_BYTES};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
}

static void send_for(int fd, int64_t duration_ns, int64_t rate) {
  int64_t start_ns = now_ns(), end_ns = start_ns + duration_ns, sent = 0;
  prepare_messages();
  while (now_ns() < end_ns) {
    int64_t due = BATCH;
    if (rate > 0) {
      sleep_until(start_ns + sent * 1000000000 / rate);
      due = (now_ns() - start_ns) * rate / 1000000000 + 1 - sent;
      if (due > BATCH) due = BATCH;
      if (due <= 0) continue;
    }
    int taken = sendmmsg(fd, messages, due, 0);
    if (taken > 0) sent += taken;
  }
  printf("{\"sent\":%lld}\n", (long long)sent);
}

/* Datagrams that reached the socket and found it full were delivered all the same. */
static int64_t overflowed(int fd) {
  uint32_t info[SK_MEMINFO_VARS];
  socklen_t bytes = sizeof info;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &bytes) != 0) return 0;
  return info[SK_MEMINFO_DROPS];
}

/* Looks every SINK_GAP_NS and never waits for a packet: whoever brings one would have to wake us. */
static int64_t receive_until(int fd, int64_t end_ns) {
  int64_t received = 0;
  for (int64_t time_ns = now_ns(); time_ns < end_ns; time_ns = now_ns()) {
    int count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (count > 0) received += count;
    else sleep_until(time_ns + SINK_GAP_NS);
  }
  return received;
}

static int64_t cpu_ns(int pid) {
  clockid_t clock;
  if (pid == 0 || clock_getcpuclockid(pid, &clock) != 0) return 0;
  return clock_ns(clock);
}

static void sink(int fd, int64_t warm_ns, int64_t window_ns, int pid) {
  prepare_messages();
  puts("ready");
  fflush(stdout);
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  require(poll(&readable, 1, FIRST_PACKET_MS) == 1, "receive a first packet");
  receive_until(fd, now_ns() + warm_ns);
  int64_t overflowed_before = overflowed(fd), cpu_before_ns = cpu_ns(pid), start_ns = now_ns();
  int64_t received = receive_until(fd, start_ns + window_ns);
  int64_t took_ns = now_ns() - start_ns, used_ns = cpu_ns(pid) - cpu_before_ns;
  received += overflowed(fd) - overflowed_before;
  printf("{\"packets\":%lld,\"windowNs\":%lld,\"cpuNs\":%lld}\n", (long long)received,
         (long long)took_ns, (long long)used_ns);
}

static void echo(int fd) {
  puts("ready");
  fflush(stdout);
  for (;;) {
    struct sockaddr_in peer;
    socklen_t peer_bytes = sizeof peer;
    ssize_t bytes = recvfrom(fd, payloads[0], PAYLOAD_BYTES, 0, (struct sockaddr *)&peer, &peer_bytes);
    if (bytes > 0) sendto(fd, payloads[0], bytes, 0, (struct sockaddr *)&peer, peer_bytes);
  }
}

static int by_value(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void ping(int fd, int count, int64_t gap_ns) {
  static int64_t times_ns[PINGS_MAX];
  int answered = 0;
  require(count > 0 && count <= PINGS_MAX, "at most PINGS_MAX pings");
  int64_t next_ns = now_ns();
  for (uint32_t i = 1; i <= (uint32_t)count; i++, next_ns += gap_ns) {
    sleep_until(next_ns);
    int64_t start_ns = now_ns();
    memcpy(payloads[0], &i, sizeof i);
    send(fd, payloads[0], PAYLOAD_BYTES, 0);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    uint32_t answer = 0;
    /* A late answer to an earlier ping is not this one's. */
    while (answer != i && poll(&readable, 1, ANSWER_MS) == 1) {
      if (recv(fd, payloads[0], PAYLOAD_BYTES, MSG_DONTWAIT) > 0) memcpy(&answer, payloads[0], 4);
    }
    if (answer == i) times_ns[answered++] = now_ns() - start_ns;
  }
  require(answered > 0, "get an answer");
  qsort(times_ns, answered, sizeof times_ns[0], by_value);
  printf("{\"lost\":%d,\"p50Ns\":%lld,\"p99Ns\":%lld}\n", count - answered,
         (long long)times_ns[answered / 2], (long long)times_ns[answered * 99LL / 100]);
}

int main(int count, char **arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_TIMERSLACK, 1);
  alarm(SECONDS_MAX);
  const char *what = count > 1 ? arguments[1] : "";
  if (!strcmp(what, "send") && count == 6) {
    int fd = connected_socket(arguments[2], arguments[3]);
    send_for(fd, atoll(arguments[4]) * 1000000, atoll(arguments[5]));
  } else if (!strcmp(what, "sink") && count == 6) {
    int fd = bound_socket(arguments[2]);
    sink(fd, atoll(arguments[3]) * 1000000, atoll(arguments[4]) * 1000000, atoi(arguments[5]));
  } else if (!strcmp(what, "echo") && count == 3) {
    echo(bound_socket(arguments[2]));
  } else if (!strcmp(what, "ping") && count == 6) {
    int fd = connected_socket(arguments[2], arguments[3]);
    ping(fd, atoi(arguments[4]), atoll(arguments[5]) * 1000);
  } else {
    fprintf(stderr, "traffic send|sink|echo|ping …: see traffic.c\n");
    return 2;
  }
  return 0;
}
