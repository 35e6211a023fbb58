# `make debug`: starts QEMU with gdb attached and stops at the kernel's first C function. gdb knows
# the lines of TypeScript: `break main.ts:20`, `continue`, `bt`, `list`; Ctrl-C stops the machine.
# Functions have wasm2c's names: `info functions interrupt`. TypeScript variables are not shown.
# The console: `socat -,raw,echo=0 unix-connect:build/debug.socket`; its log: build/debug.log.
set pagination off
set confirm off
set print frame-arguments none
set print address off
set disassembly-flavor att
python
import os
kernel = os.environ["KERNEL"]
gdb.execute("file " + kernel + ".debug.elf")
serial = "-chardev socket,id=c,path=build/debug.socket,server=on,wait=off,logfile=build/debug.log"
gdb.execute("target remote | exec qemu-system-x86_64 -M pc -accel tcg -m 128 -display none "
            + serial + " -serial chardev:c -nic user,model=e1000 -gdb stdio -S -no-reboot "
            + "-kernel " + kernel + ".elf -append \"$APPEND\"")
end
break kernel_main
continue
