/** Whether the processor is virtual. */
import { cpuid } from "./host";

/** CPUID leaf 1, ECX: a hypervisor is present (Intel SDM vol. 2, CPUID; reserved for this use). */
const HYPERVISOR_BIT: u32 = 1 << 31;

/** Reports whether the kernel runs on a virtual machine that says so. */
export function isVirtual(): bool {
  return (cpuid(1, 0, 2) & HYPERVISOR_BIT) != 0;
}
