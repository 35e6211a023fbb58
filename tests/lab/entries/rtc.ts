/** The real-time clock under test. */
export { readRtc } from "../../../drivers/rtc";
