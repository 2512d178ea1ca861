//! Setting the first password, signing in, and the page of a mistake.

use crate::Tongue;
use maud::{Markup, html};

/// The first run: the code from the console, and the password wanted.
pub(crate) fn set_up(tongue: Tongue, form: &str, fault: Option<&str>) -> Markup {
    html! {
        section.gate {
            h1 { (tongue.pick("首次设置", "Set up the page")) }
            p { (tongue.pick("这台设备是第一次使用。请输入启动时控制台上显示的设置码，并建立第一个账户。", "This appliance is new. Enter the set-up code that its console showed at start, and make the first account.")) }
            (mistake(fault))
            form method="post" action="/set-up" {
                input type="hidden" name="form" value=(form);
                label for="code" { (tongue.pick("设置码", "Set-up code")) }
                input #code name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required maxlength="40" placeholder="XXXX-XXXX-XXXX" autofocus;
                label for="name" { (tongue.pick("您的姓名（访问日志以此记名，您将是管理员）", "Your name (the access log goes by it; you are the administrator)")) }
                input #name name="name" autocomplete="username" required maxlength="40" value=(crate::FIRST);
                label for="password" { (tongue.pick("新密码（至少 10 个字符）", "New password (10 characters or more)")) }
                input #password name="password" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                label for="again" { (tongue.pick("再次输入新密码", "New password again")) }
                input #again name="again" type="password" autocomplete="new-password" required minlength="10" maxlength="200";
                button type="submit" { (tongue.pick("设置并登录", "Set and sign in")) }
            }
        }
    }
}

/// Signing in. Where there is one person only (not `named`), the password says who.
pub(crate) fn sign_in(
    tongue: Tongue,
    form: &str,
    to: &str,
    named: bool,
    fault: Option<&str>,
) -> Markup {
    html! {
        section.gate {
            h1 { (tongue.pick("登录", "Sign in")) }
            p { (tongue.pick("每一通电话，都有结果。", "Every call, and what came of it.")) }
            (mistake(fault))
            form method="post" action="/sign-in" {
                input type="hidden" name="form" value=(form);
                input type="hidden" name="to" value=(to);
                @if named {
                    label for="name" { (tongue.pick("姓名", "Name")) }
                    input #name name="name" autocomplete="username" required maxlength="40" autofocus;
                }
                label for="password" { (tongue.pick("密码", "Password")) }
                input #password name="password" type="password" autocomplete="current-password" required maxlength="200" autofocus[!named];
                button type="submit" { (tongue.pick("登录", "Sign in")) }
            }
        }
    }
}

/// The page of something that went wrong.
pub(crate) fn mishap(tongue: Tongue, status: u16, what: &str, advice: &str) -> Markup {
    html! {
        section.gate {
            p.status { (status) }
            h1 { (what) }
            p { (advice) }
            p { a.button href="/" { (tongue.pick("回到总览", "Back to the overview")) } }
        }
    }
}

/// Why a form was not taken.
pub(crate) fn mistake(fault: Option<&str>) -> Markup {
    html! {
        @if let Some(fault) = fault {
            p.mistake role="alert" { (fault) }
        }
    }
}
