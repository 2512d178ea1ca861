//! One's own account: who one is, what one may do, the password.

use super::label::Label;
use super::sign_in;
use crate::{Person, Role, Tongue};
use maud::{Markup, html};

/// The whole page; `told` is what became of a change of password.
pub(crate) fn page(
    person: &Person,
    form: &str,
    told: Result<bool, &str>,
    tongue: Tongue,
) -> Markup {
    html! {
        div.title { h1 { (tongue.pick("我的账户", "My account")) } }
        div.cards.two {
            article.card {
                header { h2 { (person.name) } span.chip.calm { (person.role.tell(tongue)) } }
                p { (rights(person.role, tongue)) }
                p.dim { (tongue.pick("查看、收听、导出和管理都以此姓名写入访问日志。", "Looking, listening, exporting and managing are written into the access log under this name.")) }
            }
            article.card #password-card {
                header { h2 { (tongue.pick("修改密码", "Change the password")) } }
                (sign_in::mistake(told.err()))
                @if told == Ok(true) {
                    p.allwell role="status" { (tongue.pick("密码已修改，您在别处的登录已全部退出。", "The password is changed; you are signed out everywhere else.")) }
                }
                form.stack method="post" action="/account/password" {
                    input type="hidden" name="form" value=(form);
                    label for="old" { (tongue.pick("当前密码", "Present password")) }
                    input #old name="old" type="password" autocomplete="current-password" required maxlength="200";
                    label for="new" { (tongue.pick("新密码（至少 10 个字符）", "New password (10 characters or more)")) }
                    input #new name="new" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                    button type="submit" { (tongue.pick("修改", "Change")) }
                }
            }
        }
    }
}

/// What a role may do, in a sentence.
pub(crate) fn rights(role: Role, tongue: Tongue) -> &'static str {
    match role {
        Role::Agent => tongue.pick(
            "查看线路、进行中的通话和记录；号码与敏感内容隐去，不能收听。",
            "Sees lines, running calls and records, numbers masked; does not listen.",
        ),
        Role::Supervisor => tongue.pick(
            "另可收听、导出录音与记录、查看完整号码。",
            "Also listens, exports audio and records, and sees whole numbers.",
        ),
        Role::Compliance => tongue.pick(
            "另可查看访问日志、保留与删除通话。",
            "Also reads the access log, holds calls and erases them.",
        ),
        Role::Installer => tongue.pick(
            "只查看线路与系统状态，看不到任何通话。",
            "Sees the lines and the system, and no call at all.",
        ),
        Role::Administrator => {
            tongue.pick("可做一切，并管理人员。", "May do everything, and manages the people.")
        }
    }
}
