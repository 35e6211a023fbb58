/**
 * Connects standard input and output to port PORT of this machine: `node relay.mjs PORT`. QEMU
 * starts one for each connection that the kernel makes to the stand-in's address.
 */
import { connect } from "node:net";

const socket = connect(Number(process.argv[2]), "127.0.0.1");
socket.on("error", () => process.exit(1));
socket.on("close", () => process.exit(0));
process.stdout.on("error", () => socket.destroy());
process.stdin.pipe(socket).pipe(process.stdout);
