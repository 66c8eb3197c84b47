/*
 * Stands in for iptables while mm-delay starts. mahimahi is set-user-ID and calls iptables with the
 * caller's real user id, which iptables has refused since 1.8.8. This becomes root for good and then
 * runs the real one: REAL, given when this is compiled.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count == 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) return 1;
  arguments[0] = "iptables";
  execv(REAL, arguments);
  perror(REAL);
  return 1;
}
