/** The real-time clock. */
export { readRtc } from "../../../drivers/rtc";
