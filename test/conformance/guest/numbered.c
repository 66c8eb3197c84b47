/*
 * Numbered packets through a pair of interfaces: one end sends them and writes down when, the other writes
 * down what came, when, and whether a bit of it was flipped. Times are CLOCK_REALTIME, in nanoseconds.
 *
 *     numbered send SOURCE TARGET COUNT RATE even|poisson BYTES_MIN BYTES_MAX SEED FILE
 *             COUNT datagrams to port PORT, RATE a second; payloads of BYTES_MIN to BYTES_MAX bytes.
 *             FILE: one `struct sent` each
 *     numbered receive DEVICE COUNT IDLE_MS FILE
 *             until nothing came for IDLE_MS. FILE: one `struct received` each, in order of arrival
 *
 * The receiver takes whole frames, so that it also sees those that a flipped bit makes the kernel drop, and
 * their time is the one at which the kernel had them, so that it need not be prompt. UDP goes without
 * checksums. The number stands in the payload three times: one flipped bit cannot make it another.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <math.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 9000, PAYLOAD_MIN = 12, FRAME_MAX = 1514, BATCH = 256 };
enum { SEND_BYTES = 16 << 20, RECEIVE_BYTES = 128 << 20 };
/* Reads this often take about 50 packets at a time; prompter ones would slow netem's timer down. */
enum { READ_GAP_MS = 10, FIRST_PACKET_MS = 20000 };
/* Duplicates come on top of what was sent. */
enum { RECEIVED_PER_SENT = 3 };
/* As init.sh names the two interfaces. */
static const uint8_t ethernet[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
enum { HEADERS = sizeof ethernet + sizeof(struct iphdr) + sizeof(struct udphdr) };

struct sent {
  int64_t time_ns;
  uint32_t ip_bytes;
  uint32_t unused;
};

enum { HEADER_FLIPPED = 1, PAYLOAD_FLIPPED = 2 };

struct received {
  int64_t time_ns;
  uint32_t number;
  uint32_t flips;
};

static void require(int ok, const char *attempted) {
  if (ok) return;
  perror(attempted);
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleep_until(int64_t time_ns) {
  struct timespec time = {.tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL);
}

static void write_all(const char *path, const void *records, size_t bytes) {
  FILE *file = fopen(path, "wb");
  require(file != NULL, path);
  require(bytes == 0 || fwrite(records, bytes, 1, file) == 1, path);
  require(fclose(file) == 0, path);
}

/* A filler that depends on number and place, so that a payload of another packet is not taken for right. */
static uint8_t filler(uint32_t number, int at) { return (uint8_t)(number * 31 + at * 7); }

static void fill(uint8_t *payload, int bytes, uint32_t number) {
  for (int i = 0; i < 3; i++) memcpy(payload + 4 * i, &number, 4);
  for (int at = PAYLOAD_MIN; at < bytes; at++) payload[at] = filler(number, at);
}

/* --- send ------------------------------------------------------------------------------------------ */

static uint64_t random_state;

/* xorshift64*; uniform in (0, 1]. */
static double uniform(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return ((random_state * 0x2545F4914F6CDD1DULL >> 11) + 1) / 9007199254740992.0;
}

static struct sockaddr_in address(const char *host) {
  struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  require(inet_pton(AF_INET, host, &result.sin_addr) == 1, host);
  return result;
}

static int sending_socket(const char *source, const char *target) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1, bytes = SEND_BYTES;
  require(fd >= 0, "open a UDP socket");
  require(setsockopt(fd, SOL_SOCKET, SO_NO_CHECK, &yes, sizeof yes) == 0, "send without checksums");
  require(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) == 0, "get a send buffer");
  struct sockaddr_in from = address(source), to = address(target);
  require(bind(fd, (struct sockaddr *)&from, sizeof from) == 0, source);
  require(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, target);
  return fd;
}

static void send_all(int fd, int count, double rate, int poisson, int min, int max, const char *path) {
  static uint8_t payload[FRAME_MAX];
  struct sent *records = calloc(count, sizeof *records);
  require(records != NULL, "get memory for the log");
  double due_ns = now_ns() + 50e6;
  for (int number = 0; number < count; number++) {
    int bytes = min + (int)((1 - uniform()) * (max - min + 1));
    fill(payload, bytes, number);
    if (now_ns() < due_ns) sleep_until((int64_t)due_ns);
    records[number] = (struct sent){now_ns(), bytes + sizeof(struct iphdr) + sizeof(struct udphdr), 0};
    require(send(fd, payload, bytes, 0) == bytes, "send a packet");
    due_ns += (poisson ? -log(uniform()) : 1.0) * 1e9 / rate;
  }
  write_all(path, records, count * sizeof *records);
}

/* --- receive --------------------------------------------------------------------------------------- */

static int packet_socket(const char *device) {
  int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), yes = 1, bytes = RECEIVE_BYTES;
  require(fd >= 0, "open a packet socket");
  require(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0, "get a receive buffer");
  require(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) == 0, "ask for times");
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
  link.sll_ifindex = if_nametoindex(device);
  require(bind(fd, (struct sockaddr *)&link, sizeof link) == 0, device);
  return fd;
}

/* Nobody reads it: it keeps the kernel from answering that the port is unreachable. */
static void occupy_port(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in any = address("0.0.0.0");
  require(bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind the UDP port");
}

/* The number that two of the three copies agree on. */
static uint32_t number_in(const uint8_t *payload) {
  uint32_t copies[3];
  memcpy(copies, payload, sizeof copies);
  return copies[0] == copies[1] || copies[0] == copies[2] ? copies[0] : copies[1];
}

static int header_is_whole(const uint8_t *frame, int bytes) {
  if (memcmp(frame, ethernet, sizeof ethernet) != 0) return 0;
  const uint8_t *ip = frame + sizeof ethernet;
  uint32_t sum = 0;
  for (unsigned at = 0; at < sizeof(struct iphdr); at += 2) sum += ip[at] << 8 | ip[at + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  const struct udphdr *udp = (const struct udphdr *)(ip + sizeof(struct iphdr));
  int udp_bytes = bytes - (HEADERS - (int)sizeof(struct udphdr));
  return sum == 0xffff && udp->source == htons(PORT) && udp->dest == htons(PORT) && udp->check == 0 &&
         udp->len == htons(udp_bytes);
}

static uint32_t flips_in(const uint8_t *frame, int bytes, uint32_t number) {
  static uint8_t expected[FRAME_MAX];
  fill(expected, bytes - HEADERS, number);
  int same = memcmp(expected, frame + HEADERS, bytes - HEADERS) == 0;
  return (header_is_whole(frame, bytes) ? 0 : HEADER_FLIPPED) | (same ? 0 : PAYLOAD_FLIPPED);
}

static int64_t time_of(struct msghdr *message) {
  struct cmsghdr *control = CMSG_FIRSTHDR(message);
  struct timespec time;
  require(control != NULL && control->cmsg_type == SCM_TIMESTAMPNS, "get a packet's time");
  memcpy(&time, CMSG_DATA(control), sizeof time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static uint8_t frames[BATCH][FRAME_MAX];
static char controls[BATCH][CMSG_SPACE(sizeof(struct timespec))];
static struct sockaddr_ll links[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];

static void prepare_messages(void) {
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){frames[i], FRAME_MAX};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &links[i],
                                          .msg_namelen = sizeof links[i],
                                          .msg_iov = &vectors[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i],
                                          .msg_controllen = sizeof controls[i]};
  }
}

static void receive_all(int fd, int count, int idle_ms, const char *path) {
  int limit = RECEIVED_PER_SENT * count, length = 0;
  struct received *records = calloc(limit, sizeof *records);
  require(records != NULL, "get memory for the log");
  struct pollfd readable = {.fd = fd, .events = POLLIN};
  puts("ready");
  fflush(stdout);
  while (poll(&readable, 1, length == 0 ? FIRST_PACKET_MS : idle_ms) == 1) {
    prepare_messages();
    int taken = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < taken; i++) {
      int bytes = messages[i].msg_len;
      if (links[i].sll_pkttype == PACKET_OUTGOING || bytes < HEADERS + PAYLOAD_MIN) continue;
      uint32_t number = number_in(frames[i] + HEADERS);
      if (number >= (uint32_t)count) continue;
      require(length < limit, "keep so many packets");
      records[length++] = (struct received){time_of(&messages[i].msg_hdr), number,
                                        flips_in(frames[i], bytes, number)};
    }
    if (taken < BATCH) usleep(READ_GAP_MS * 1000);
  }
  write_all(path, records, length * sizeof *records);
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  prctl(PR_SET_TIMERSLACK, 1);
  if (!strcmp(what, "send") && count == 11) {
    random_state = strtoull(arguments[9], NULL, 10) | 1;
    send_all(sending_socket(arguments[2], arguments[3]), atoi(arguments[4]), atof(arguments[5]),
             !strcmp(arguments[6], "poisson"), atoi(arguments[7]), atoi(arguments[8]), arguments[10]);
  } else if (!strcmp(what, "receive") && count == 6) {
    occupy_port();
    receive_all(packet_socket(arguments[2]), atoi(arguments[3]), atoi(arguments[4]), arguments[5]);
  } else {
    fprintf(stderr, "numbered send|receive …: see numbered.c\n");
    return 2;
  }
  return 0;
}
