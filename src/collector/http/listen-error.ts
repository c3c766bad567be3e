/** Why a server could not be opened, and what to do. */
export function describeListenError({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is in use; port 0 takes a free one';
    case 'EACCES':
      return 'the port needs a right that this process does not have; choose one above 1023';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'the host is no address of this machine';
    default:
      return message;
  }
}
