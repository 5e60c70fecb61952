// What the image says when it is started without a program.
process.stderr.write(
  'This image holds every service: start one with "node services/<registry|rendezvous|relay|api>/dist/main.js", or all of them with docker compose up -d.\n',
);
process.exit(2);
