//! What the page says of trouble, in both languages: what, where, what to do.

use alsa_pcm::{AudioError, Refused, Trouble};
use fxo::Fault;
use journal::{AppendError, Recovery};
use line::LineError;
use status::Saying;

/// A line is out of order.
pub fn line_fault(fault: Fault) -> Saying {
    match fault {
        Fault::NoBattery => Saying::new(
            "线路无馈电：请检查线缆和交换机端口",
            "no battery on the line: check the cable and the exchange's port",
        ),
        Fault::Port(error) => {
            Saying::new(format!("端口故障：{}", port_in_mandarin(error)), format!("port: {error}"))
        }
    }
}

fn port_in_mandarin(error: LineError) -> String {
    match error {
        LineError::Vanished => "板卡或其驱动已不存在：请检查板卡和驱动模块".into(),
        LineError::Busy => "端口被其他程序占用：请停止该程序".into(),
        LineError::Denied => "没有打开端口的权限：请以端口所属用户组的用户运行".into(),
        LineError::NoDriver => "板卡驱动未加载：请加载内核模块".into(),
        LineError::Missing => "板卡上没有此端口：请检查端口号和已安装的模块".into(),
        LineError::NotFxo => "此端口不是 FXO 端口：请改用 FXO 端口或安装 FXO 模块".into(),
        LineError::Incompatible => "驱动版本与本程序不匹配：请更新其中之一".into(),
        LineError::Stalled => "端口没有声音：请检查板卡及其中断".into(),
        LineError::NoGain => "此端口没有增益调节：请勿配置增益".into(),
        LineError::NoEchoCanceller => "驱动没有所配置的回声消除：请加载其模块或取消该配置".into(),
        LineError::Driver(code) => format!("驱动返回系统错误 {code}"),
        LineError::Unsupported => "此端口不支持该操作".into(),
    }
}

/// A sound card does not work.
pub fn sound_trouble(error: &AudioError) -> Saying {
    let list = error.way.listing();
    let zh = match &error.trouble {
        Trouble::Absent => format!("不存在：请插上声卡，或用 `{list} -l` 和 `{list} -L` 查找名称"),
        Trouble::Vanished => "已断开：请重新插上，每秒自动重试".into(),
        Trouble::Busy => "被其他程序占用：请停止该程序（`fuser -v /dev/snd/*` 可查）".into(),
        Trouble::Denied => "无权打开：请以 `audio` 组的用户运行".into(),
        Trouble::Format(refused) => {
            let what = refused_in_mandarin(*refused);
            format!("不支持{what}：将名称中的 `hw:` 改为 `plughw:`，由 ALSA 转换")
        }
        Trouble::Stalled => "已打开但没有数据：请检查时钟".into(),
        Trouble::System(errno) => format!("系统错误 {errno}"),
    };
    Saying::new(format!("声卡“{}”{zh}", error.device), error.to_string())
}

fn refused_in_mandarin(refused: Refused) -> String {
    match refused {
        Refused::Samples => "16 位线性采样".into(),
        Refused::Channels(count) => format!("第 {count} 声道或 {count} 声道"),
        Refused::Rate(hz) => format!("{hz} Hz 采样率"),
        Refused::Interleaved => "交错帧格式".into(),
        Refused::Buffer(frames) => format!("{frames} 帧的缓冲区"),
    }
}

/// A call could not be taken.
pub fn call_refused(error: &AppendError) -> Saying {
    let zh = match error {
        AppendError::Low | AppendError::Full => "存储空间不足，新通话被拒绝：请清理磁盘空间".into(),
        other => format!("通话无法记录，已被拒绝：{other}"),
    };
    Saying::new(zh, format!("a call was refused, since it could not be recorded: {error}"))
}

/// Speech recognition does not work.
pub fn speech_missing(why: &str) -> Saying {
    Saying::new(
        format!("语音识别暂不可用，通话照常录音，稍后补转写：{why}"),
        format!(
            "speech is not recognised just now; calls are recorded and transcribed later: {why}"
        ),
    )
}

/// No headquarters.
pub fn no_headquarters() -> Saying {
    Saying::new(
        "尚未登记总部：记录保存在本机，配置 [uplink] enrolment 后开始上传",
        "no headquarters is enrolled: records stay here until [uplink] enrolment is configured",
    )
}

/// The enrolment that is configured cannot be used.
pub fn enrolment_unusable(why: &str) -> Saying {
    Saying::new(
        format!("总部登记文件无法使用，记录照常保存在本机：{why}；修正后请重新启动"),
        format!(
            "the enrolment cannot be used; records are kept here meanwhile: {why}; mend it and start again"
        ),
    )
}

/// What the last start mended.
pub fn recovered(recovery: &Recovery) -> Saying {
    let mut zh = format!(
        "保留 {} 帧（{} 个段），截去 {} 字节，{} 通中断的通话已补记",
        recovery.frames,
        recovery.segments,
        recovery.cut,
        recovery.closed.len()
    );
    if recovery.damaged > 0 {
        zh.push_str(&format!("，{} 处损坏（见 tipring verify）", recovery.damaged));
    }
    if !recovery.still_open.is_empty() {
        zh.push_str(&format!("，{} 通尚待补记", recovery.still_open.len()));
    }
    if !recovery.set_aside.is_empty() {
        zh.push_str(&format!("，移开的文件：{}", recovery.set_aside.join(" ")));
    }
    if recovery.missing > 0 {
        zh.push_str(&format!("，末尾缺失 {} 帧：数据被截断或恢复自旧备份", recovery.missing));
    }
    if recovery.index.is_some() {
        zh.push_str("，索引已修复或重建");
    }
    Saying::new(zh, recovery.to_string())
}

/// A call that may not be erased.
pub fn call_held() -> Saying {
    Saying::new(
        "这通电话已保留：请先解除保留，再删除",
        "the call is held: lift the hold first, then erase it",
    )
}

/// A part of the board does not work.
pub fn board_part(why: &str) -> Saying {
    Saying::new(format!("设备板部件无法使用：{why}"), format!("a part of the board: {why}"))
}

/// The board is warm.
pub fn board_warm(celsius: f32, hot: bool) -> Saying {
    if hot {
        Saying::new(
            format!("设备过热（{celsius:.0} °C），随时可能停机：请立即改善散热"),
            format!("the board is hot ({celsius:.0} °C) and may stop at any time: give it air now"),
        )
    } else {
        Saying::new(
            format!("设备温度偏高（{celsius:.0} °C）：请检查安装位置与通风"),
            format!("the board is warm ({celsius:.0} °C): check where it stands and its air"),
        )
    }
}

/// Somebody has connected the lines through.
pub fn board_bypassed() -> Saying {
    Saying::new(
        "线路已由按钮切换为直通话机，通话不会被录音；再次长按 3 秒恢复",
        "the lines are connected through by the button, and calls are not recorded; hold it for 3 s again to take them back",
    )
}

/// Little space left.
pub fn storage_low() -> Saying {
    Saying::new(
        "磁盘空间不足：进行中的通话继续记录，新通话被拒绝；请清理磁盘",
        "storage is nearly full: running calls go on, new ones are refused; free space on the journal's file system",
    )
}

/// No space left.
pub fn storage_full() -> Saying {
    Saying::new(
        "磁盘已满：录音无法写入，新通话被拒绝；请立即清理磁盘",
        "storage is full: audio cannot be written and new calls are refused; free space on the journal's file system now",
    )
}

/// The disk fails.
pub fn storage_failing(why: &str) -> Saying {
    Saying::new(
        format!("磁盘写入失败：{why}；请检查或更换磁盘"),
        format!("the journal's disk fails: {why}; check or replace it"),
    )
}
