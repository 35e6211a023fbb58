/**
 * Applies what a cloud's metadata service says, once this host has an address: user data in the
 * syntax of anonymos.conf, or a script of console commands after the line `#!anonymos`; and a host
 * name if none is configured. Everything that is done or ignored is logged.
 */
import { log } from "../../core/log";
import { Pollable } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { MetadataProvider } from "../../net/service/metadata/provider";
import { MetadataQuery } from "../../net/service/metadata/query";
import { NetworkStack } from "../../net/service/stack";
import { BootFile } from "../config/boot-file";
import { readConfigFile } from "../config/config-file";
import { Configuration, DHCP_SOURCE } from "../config/configuration";
import { UserDataText, UserDataUse } from "../config/user-data-text";
import { isHostName } from "../config/values";
import { Shell } from "../shell/shell";
import { startRemoteLog } from "./remote-log";

export class UserData extends Pollable {
  private query: MetadataQuery | null = null;

  constructor(
    private readonly provider: MetadataProvider,
    private readonly configuration: Configuration,
    private readonly stack: NetworkStack,
    private readonly shell: Shell,
  ) {
    super();
  }

  poll(now: i64): bool {
    const stack = this.stack;
    let query = this.query;
    if (query == null) {
      if (!stack.configuration.configured()) return false;
      query = new MetadataQuery(stack.http, this.provider);
      this.query = query;
    }
    query.poll(now);
    this.dormant = query.done;
    if (query.done) this.apply(query, now);
    return false;
  }

  pollAt(_now: i64): i64 {
    const query = this.query;
    return query == null ? NEVER : query.pollAt();
  }

  private apply(query: MetadataQuery, now: i64): void {
    const name = this.provider.name;
    const data = query.userData;
    const wanted = name == DHCP_SOURCE ? "settings" : "metadata";
    if (query.failure != "") log(`${name}: no ${wanted}: ${query.failure}`);
    else if (data == null || data.length == 0) log(`${name}: no user data`);
    else this.applyData(data, now);
    const hostname = query.hostname;
    if (this.configuration.hostname != "" || !isHostName(hostname)) return;
    log(`${name}: host name ${hostname}`);
    this.stack.configuration.setHostname(hostname);
  }

  /** Applies user data that has arrived. */
  applyData(data: StaticArray<u8>, now: i64): void {
    const name = this.provider.name;
    const what = `${name}: ${data.length} bytes of user data`;
    const text = new UserDataText(new BootFile(data, data.length));
    if (text.script != "" && name == DHCP_SOURCE) {
      log(`${what}: ignored, as anybody could send commands by DHCP`);
      return;
    }
    const use = text.accept(what, this.configuration.fixedFile);
    if (use == UserDataUse.Script) this.shell.runScript(text.script);
    if (use == UserDataUse.Settings) this.configure(data, now);
  }

  /** Replaces the settings of the interfaces, if the file has any, and those of the host. */
  private configure(data: StaticArray<u8>, now: i64): void {
    const configuration = this.configuration;
    const host = this.stack.configuration;
    const before = configuration.problems.length;
    configuration.file = [];
    const logs = configuration.logs;
    // A log that was configured at boot is being sent already.
    const netconsole = logs.netconsole;
    const syslog = logs.syslog;
    readConfigFile(configuration, data, data.length);
    if (netconsole == null) startRemoteLog(logs.netconsole, this.stack);
    if (syslog == null) startRemoteLog(logs.syslog, this.stack);
    if (configuration.hostname != "") host.setHostname(configuration.hostname);
    if (configuration.file.length > 0) this.replaceSettings(now);
    configuration.reportMissing();
    for (let i = before; i < configuration.problems.length; i++) log(configuration.problems[i]);
  }

  private replaceSettings(now: i64): void {
    const host = this.stack.configuration;
    const configurators = host.configurators;
    // All stop before the first starts: a rule or route may move from one interface to another.
    for (let i = 0; i < configurators.length; i++) configurators[i].stop();
    for (let i = 0; i < configurators.length; i++) {
      const configurator = configurators[i];
      const iface = configurator.iface;
      configurator.settings = this.configuration.settingsFor(iface.name, iface.hardware);
      configurator.start(now, host.hostname());
    }
  }
}
