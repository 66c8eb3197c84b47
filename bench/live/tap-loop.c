/*
 * The least that can be done between the TAPs that `netemu up` makes: wait, read until nothing is
 * left (in the same batches), write. What netemu costs beyond this is netemu.
 *
 *     tap-loop TX_FD RX_FD IFINDEX MARK INSTANCE_INDEX
 *
 * Out: a frame read from `tx` goes to an AF_PACKET socket with the mark that the egress chain lets pass
 * (src/tun/packet-socket-port.ts). In: a frame read from `rx` gets the tag as its destination address
 * and is written to `rx` again (src/tun/reentry-port.ts; unicast only).
 */
#define _GNU_SOURCE
#include <linux/if_packet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* As src/tun/forwarder.ts, src/tun/live-loop.ts and src/netem/limits.ts have them. */
enum { BATCH_FRAMES = 32, DRAIN_BATCHES = 4, FRAME_BYTES_MAX = 65535 + 14 + 8 };
enum { SEND_BUFFER_BYTES = 8 << 20, SECONDS_MAX = 600, LANES = 2 };

static uint8_t frames[BATCH_FRAMES][65664];
static ssize_t lengths[BATCH_FRAMES];
static struct sockaddr_ll target;
static uint8_t tag[6] = {0x02, 0x6e, 0x65, 0, 0, 0};
static int packet_socket;

static void require(int ok, const char *attempted) {
  if (ok) return;
  perror(attempted);
  exit(1);
}

static int turn(int fd, int is_out) {
  int count = 0;
  while (count < BATCH_FRAMES) {
    lengths[count] = read(fd, frames[count], FRAME_BYTES_MAX);
    if (lengths[count] <= 0) break;
    count++;
  }
  for (int i = 0; i < count; i++) {
    if (is_out) {
      sendto(packet_socket, frames[i], lengths[i], MSG_DONTWAIT, (struct sockaddr *)&target,
             sizeof target);
    } else {
      memcpy(frames[i], tag, sizeof tag);
      if (write(fd, frames[i], lengths[i]) < 0) continue;
    }
  }
  return count;
}

int main(int count, char **arguments) {
  require(count == 6, "tap-loop TX_FD RX_FD IFINDEX MARK INSTANCE_INDEX");
  /* The launcher may be killed, and these fds keep the TAPs alive. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(SECONDS_MAX);
  int mark = atoi(arguments[4]);
  tag[5] = atoi(arguments[5]);
  target.sll_family = AF_PACKET;
  target.sll_ifindex = atoi(arguments[3]);
  packet_socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  require(packet_socket >= 0, "open an AF_PACKET socket");
  require(setsockopt(packet_socket, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0, "mark it");
  int bytes = SEND_BUFFER_BYTES;
  setsockopt(packet_socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);

  struct pollfd lanes[LANES] = {
      {.fd = atoi(arguments[1]), .events = POLLIN},
      {.fd = atoi(arguments[2]), .events = POLLIN},
  };
  puts("ready");
  fflush(stdout);
  for (;;) {
    if (poll(lanes, LANES, -1) < 0) continue;
    for (int lane = 0; lane < LANES; lane++) {
      if (!lanes[lane].revents) continue;
      for (int i = 0; i < DRAIN_BATCHES && turn(lanes[lane].fd, lane == 0) == BATCH_FRAMES; i++) {
      }
    }
  }
}
