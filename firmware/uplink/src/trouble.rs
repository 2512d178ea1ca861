//! What keeps records from headquarters, and what to do about it.

use crate::transport::Unreachable;

/// Why delivery does not work just now. [`core::fmt::Display`] says it in a sentence, with what to
/// do; [`Trouble::zh`] in Mandarin. No record is lost by any of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No answer.
    #[error("{}", unreachable(*.0))]
    Unreachable(Unreachable),
    /// The collector does not know this device.
    #[error("headquarters does not know this device: have its device.toml enrolled there")]
    NotEnrolled,
    /// Something that is no answer of a collector.
    #[error(
        "what answers at headquarters' address is no collector (status {0}): look for a proxy or a log-in page in between, or enrol anew"
    )]
    Garbage(u16),
    /// A receipt that cannot be relied on.
    #[error("headquarters' receipt is not good: {0}")]
    Receipt(vault::receipt::ReceiptError),
    /// A good receipt, for something else.
    #[error(
        "headquarters signed for another envelope than the one sent: tell them, their collector is faulty"
    )]
    OtherReceipt,
    /// The collector asks for patience.
    #[error("headquarters' collector is busy: nothing to do, it is tried again")]
    Busy,
    /// The collector has no room.
    #[error("headquarters' collector has no room left: tell headquarters")]
    Full,
    /// The collector fails.
    #[error("headquarters' collector fails (status {0}): tell headquarters")]
    Failing(u16),
    /// The sequence is taken by another envelope.
    #[error(
        "headquarters holds another record under number {0}: was this device copied, or restored from an old backup? Tell headquarters"
    )]
    Conflict(u64),
    /// The collector refuses the record.
    #[error(
        "headquarters refuses record number {sequence} (status {status}): update its collector or this device"
    )]
    Refused {
        /// Which.
        sequence: u64,
        /// How.
        status: u16,
    },
    /// The record cannot be sealed.
    #[error("record number {sequence} cannot be sealed: {error}")]
    Unsealable {
        /// Which.
        sequence: u64,
        /// Why.
        error: vault::envelope::SealError,
    },
    /// The outbox.
    #[error("the journal does not give or take what the uplink needs: {0}")]
    Outbox(crate::OutboxError),
}

const fn unreachable(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Name => {
            "headquarters' host name has no address: check the branch's DNS and Internet line"
        }
        Unreachable::Connection => {
            "headquarters cannot be reached: check the branch's Internet line and firewall"
        }
        Unreachable::Certificate => {
            "the server at headquarters' address cannot prove that it is theirs: ask who stands in between, or enrol anew if they changed their certificate"
        }
        Unreachable::TimedOut => {
            "headquarters takes too long to answer: check the branch's Internet line"
        }
        Unreachable::Broken => {
            "the connection to headquarters breaks off: check the branch's Internet line"
        }
    }
}

impl Trouble {
    /// The same sentence in Mandarin.
    pub fn zh(&self) -> String {
        match self {
            Trouble::Unreachable(Unreachable::Name) => {
                "总部主机名无法解析：请检查网点的 DNS 和互联网线路".to_owned()
            }
            Trouble::Unreachable(Unreachable::Connection) => {
                "无法连接总部：请检查网点的互联网线路和防火墙".to_owned()
            }
            Trouble::Unreachable(Unreachable::Certificate) => {
                "总部地址上的服务器无法证明其身份：请查明中间是否有人拦截；若总部更换了证书，请重新登记"
                    .to_owned()
            }
            Trouble::Unreachable(Unreachable::TimedOut) => {
                "总部应答太慢：请检查网点的互联网线路".to_owned()
            }
            Trouble::Unreachable(Unreachable::Broken) => {
                "与总部的连接中断：请检查网点的互联网线路".to_owned()
            }
            Trouble::NotEnrolled => "总部不认识本设备：请把 device.toml 交总部登记".to_owned(),
            Trouble::Garbage(status) => format!(
                "总部地址上应答的不是收集器（状态 {status}）：请检查中间的代理或登录页，或重新登记"
            ),
            Trouble::Receipt(_) => "总部的回执无效：若总部更换了密钥，请重新登记".to_owned(),
            Trouble::OtherReceipt => "总部签收的不是所发的信封：请通知总部，其收集器有故障".to_owned(),
            Trouble::Busy => "总部收集器繁忙：无需处理，会自动重试".to_owned(),
            Trouble::Full => "总部收集器空间已满：请通知总部".to_owned(),
            Trouble::Failing(status) => format!("总部收集器故障（状态 {status}）：请通知总部"),
            Trouble::Conflict(sequence) => format!(
                "总部在编号 {sequence} 下已有另一条记录：本设备是否被复制，或由旧备份恢复？请通知总部"
            ),
            Trouble::Refused { sequence, status } => format!(
                "总部拒收第 {sequence} 号记录（状态 {status}）：请升级其收集器或本设备"
            ),
            Trouble::Unsealable { sequence, .. } => format!("第 {sequence} 号记录无法封装"),
            Trouble::Outbox(_) => "日志库无法读写上行所需内容：请检查存储".to_owned(),
        }
    }
}
